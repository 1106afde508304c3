// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/loop_pulse.hpp"

#include "daemon/runtime/event_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace apikeyd {

LoopPulse::LoopPulse()
    : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) {
        throw std::system_error(errno, std::generic_category(), "eventfd");
    }
}

LoopPulse::~LoopPulse() {
    close(fd_);
}

void LoopPulse::attach(EventLoop& loop) {
    loop.on_readable(fd_, [this] { beat(); });
}

void LoopPulse::beat() {
    std::uint64_t count = 0;
    (void)!read(fd_, &count, sizeof count);
    const std::lock_guard lock(mutex_);
    beaten_ = asked_;
    most_allowed_ = allowance_;
    answered_.notify_all();
}

std::uint64_t LoopPulse::put_question(MonoTime now) {
    waiting_since_ = beaten_ == asked_ ? now : waiting_since_;
    const std::uint64_t one = 1;
    (void)!write(fd_, &one, sizeof one); // fails only when the counter is full: readable anyway
    return ++asked_;
}

MonoTime::duration LoopPulse::silence(MonoTime now) {
    const std::lock_guard lock(mutex_);
    if (stopped_) {
        return {};
    }
    if (beaten_ == asked_) {
        put_question(now);
    }
    return now - waiting_since_ - most_allowed_;
}

void LoopPulse::allow_longer_steps(std::chrono::milliseconds time) {
    const std::lock_guard lock(mutex_);
    allowance_ = time;
    most_allowed_ = beaten_ == asked_ ? time : std::max(most_allowed_, time);
}

LoopPulse::Answer LoopPulse::ask(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    const MonoTime now = std::chrono::steady_clock::now();
    const std::uint64_t mine = put_question(now);
    const bool turned =
        answered_.wait_until(lock, now + patience, [&] { return beaten_ >= mine || stopped_; }) && !stopped_;
    const auto bound = patience + most_allowed_;
    if (turned) {
        return {Beat::turned, bound};
    }
    const bool in_time = !stopped_ && std::chrono::steady_clock::now() < waiting_since_ + bound;
    return {in_time ? Beat::long_step : Beat::missed, bound};
}

void LoopPulse::stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    answered_.notify_all();
}

} // namespace apikeyd
