// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/notifier.hpp"

#include "daemon/runtime/event_loop.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <cstdint>

namespace apikeyd {

namespace {

std::int64_t microseconds(std::chrono::nanoseconds time) {
    return std::chrono::floor<std::chrono::microseconds>(time).count();
}

} // namespace

// Failures are ignored: nobody may be listening, and the work doesn't depend on it.

void SystemdNotifier::ready() {
    sd_notify(0, "READY=1");
}

void SystemdNotifier::status(const std::string& sentence) {
    std::string line = sentence.substr(0, sentence.find('\n')); // a line break would begin another assignment
    sd_notify(0, ("STATUS=" + line).c_str());
}

void SystemdNotifier::reloading() {
    const auto now = microseconds(current_time().mono.time_since_epoch());
    sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now).c_str());
}

void SystemdNotifier::stopping() {
    sd_notify(0, "STOPPING=1");
}

void SystemdNotifier::extend_timeout(std::chrono::milliseconds time) {
    sd_notify(0, fmt::format("EXTEND_TIMEOUT_USEC={}", microseconds(time)).c_str());
}

// The pings keep the pace that the unit's WatchdogSec asks for; the manager only waits longer for them.
void SystemdNotifier::allow_longer_steps(std::chrono::milliseconds time) {
    std::uint64_t period = 0;
    if (time == allowed_ || sd_watchdog_enabled(0, &period) <= 0) {
        return;
    }
    allowed_ = time;
    sd_notify(
        0, fmt::format("WATCHDOG_USEC={}", static_cast<std::int64_t>(period) + microseconds(time)).c_str());
}

} // namespace apikeyd
