// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/notifier.hpp"

#include "daemon/runtime/event_loop.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

namespace apikeyd {

// Failures are ignored: nobody may be listening, and the work doesn't depend on it.

void SystemdNotifier::ready() {
    sd_notify(0, "READY=1");
}

void SystemdNotifier::status(const std::string& sentence) {
    std::string line = sentence.substr(0, sentence.find('\n')); // a line break would begin another assignment
    sd_notify(0, ("STATUS=" + line).c_str());
}

void SystemdNotifier::reloading() {
    const auto now = std::chrono::floor<std::chrono::microseconds>(current_time().mono.time_since_epoch());
    sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.count()).c_str());
}

void SystemdNotifier::stopping() {
    sd_notify(0, "STOPPING=1");
}

} // namespace apikeyd
