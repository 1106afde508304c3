// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace apikeyd {

class EventLoop;

// Whether the loop turns, found out by asking it: an idle loop isn't woken unless somebody wants to know.
class LoopPulse {
  public:
    LoopPulse();
    // The loop that was attached must be gone, and nobody may be asking.
    ~LoopPulse();
    LoopPulse(const LoopPulse&) = delete;
    LoopPulse& operator=(const LoopPulse&) = delete;

    // On the loop's thread, before it runs.
    void attach(EventLoop& loop);

    // From any other thread: whether the loop came round within this time.
    bool beats(std::chrono::milliseconds patience);

    // From any other thread, at once: how long a question has waited for its answer. Where none waits, one is
    // asked.
    MonoTime::duration silence(MonoTime now);

    // Whoever asks is told no, now and from now on.
    void stop();

  private:
    void beat();
    std::uint64_t ask(MonoTime now); // under the mutex; which question it is

    int fd_ = -1; // eventfd(2): somebody asks
    std::mutex mutex_;
    std::condition_variable answered_;
    std::uint64_t asked_ = 0;  // how often
    std::uint64_t beaten_ = 0; // up to which of these it has answered
    MonoTime waiting_since_{}; // for the answer to the first question behind these
    bool stopped_ = false;
};

} // namespace apikeyd
