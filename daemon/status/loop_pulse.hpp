// SPDX-License-Identifier: Apache-2.0
#pragma once

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

    // Whoever asks is told no, now and from now on.
    void stop();

  private:
    void beat();

    int fd_ = -1; // eventfd(2): somebody asks
    std::mutex mutex_;
    std::condition_variable answered_;
    std::uint64_t asked_ = 0;  // how often
    std::uint64_t beaten_ = 0; // up to which of these it has answered
    bool stopped_ = false;
};

} // namespace apikeyd
