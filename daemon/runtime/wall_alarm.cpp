// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/wall_alarm.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <sys/timerfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace apikeyd {

namespace {

// As far ahead as any clock will be; the kernel's own limit is in nanoseconds since 1970, in 2262.
constexpr WallTime latest{std::chrono::sys_days{std::chrono::year{2200} / 1 / 1}};

timespec timespec_of(WallTime at) {
    // Zero would disarm it, and a moment that has passed rings at once.
    const auto since = std::clamp(at, WallTime{std::chrono::milliseconds{1}}, latest).time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    timespec result{};
    result.tv_sec = seconds.count();
    result.tv_nsec = std::chrono::nanoseconds(since - seconds).count();
    return result;
}

void arm(int fd, const itimerspec& spec) {
    // CANCEL_ON_SET: read(2) fails with ECANCELED when the clock is set, a resume from sleep included.
    if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, nullptr) != 0 &&
        errno != ECANCELED) { // the clock was set just now: the timer is armed all the same, and readable
        throw std::system_error(errno, std::generic_category(), "timerfd_settime");
    }
}

} // namespace

WallAlarm::WallAlarm(EventLoop& loop, std::function<void()> callback)
    : fd_(timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)) {
    if (fd_ < 0) {
        throw std::system_error(errno, std::generic_category(), "timerfd_create");
    }
    loop.on_readable(fd_, [fd = fd_, callback = std::move(callback)] {
        std::uint64_t count = 0;
        (void)!read(fd, &count, sizeof count); // whether it rang or the clock was set: the callback looks
        callback();
    });
}

WallAlarm::~WallAlarm() {
    close(fd_);
}

void WallAlarm::set(WallTime at) {
    itimerspec spec{};
    spec.it_value = timespec_of(at);
    arm(fd_, spec);
}

void WallAlarm::clear() {
    arm(fd_, itimerspec{});
}

} // namespace apikeyd
