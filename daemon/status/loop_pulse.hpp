// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace apikeyd {

class EventLoop;

// Whether the loop turns, found out by asking it: an idle loop isn't woken unless somebody wants to know. A
// step that works on a large file may take longer than anybody who asks would wait; a loop counts as hung
// only once it has left a question unanswered for so long as a step may take.
class LoopPulse {
  public:
    enum class Beat {
        turned,    // it came round
        long_step, // it didn't, and has time left for what it does
        missed     // it hangs, or has ended
    };
    struct Answer {
        Beat beat = Beat::missed;
        std::chrono::milliseconds bound{0}; // of a step, when this was said
    };

    LoopPulse();
    // The loop that was attached must be gone, and nobody may be asking.
    ~LoopPulse();
    LoopPulse(const LoopPulse&) = delete;
    LoopPulse& operator=(const LoopPulse&) = delete;

    // On the loop's thread, before it runs.
    void attach(EventLoop& loop);

    // From now on a step may take so much longer than those who ask have patience; a question that waits
    // already has at least the time that it had. On the loop's thread, like Notifier::allow_longer_steps().
    void allow_longer_steps(std::chrono::milliseconds time);

    // From any other thread; waits at most `patience`, which is also what a step may take in any case.
    Answer ask(std::chrono::milliseconds patience);

    // From any other thread, at once: how much longer a question has waited for its answer than
    // allow_longer_steps() explains; less than nothing: it is explained. Where none waits, one is asked.
    MonoTime::duration silence(MonoTime now);

    // Whoever asks is told no, now and from now on.
    void stop();

  private:
    void beat();
    std::uint64_t put_question(MonoTime now); // under the mutex; which one it is

    int fd_ = -1; // eventfd(2): somebody asks
    std::mutex mutex_;
    std::condition_variable answered_;
    std::uint64_t asked_ = 0;  // how often
    std::uint64_t beaten_ = 0; // up to which of these it has answered
    MonoTime waiting_since_{}; // for the answer to the first question behind these
    std::chrono::milliseconds allowance_{0};
    std::chrono::milliseconds most_allowed_{0}; // since that question; without one, the allowance
    bool stopped_ = false;
};

} // namespace apikeyd
