// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/loop_pulse.hpp"

#include "daemon/runtime/event_loop.hpp"

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
    answered_.notify_all();
}

std::uint64_t LoopPulse::ask(MonoTime now) {
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
        ask(now);
    }
    return now - waiting_since_;
}

bool LoopPulse::beats(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    const std::uint64_t mine = ask(std::chrono::steady_clock::now());
    return answered_.wait_for(lock, patience, [&] { return beaten_ >= mine || stopped_; }) && !stopped_;
}

void LoopPulse::stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    answered_.notify_all();
}

} // namespace apikeyd
