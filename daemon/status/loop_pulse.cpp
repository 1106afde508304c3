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

bool LoopPulse::beats(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    const std::uint64_t mine = ++asked_;
    const std::uint64_t one = 1;
    (void)!write(fd_, &one, sizeof one); // fails only when the counter is full: readable anyway
    return answered_.wait_for(lock, patience, [&] { return beaten_ >= mine || stopped_; }) && !stopped_;
}

void LoopPulse::stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    answered_.notify_all();
}

} // namespace apikeyd
