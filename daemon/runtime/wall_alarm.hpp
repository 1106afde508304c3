// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"
#include "daemon/runtime/event_loop.hpp"

#include <functional>
#include <optional>

namespace apikeyd {

// Calls at a moment of the wall clock, for what people wrote down as a date. Counts the time in which the
// machine slept, and calls early, too, whenever the clock is set, since the moment may be over or far off
// then: the callback looks at the clock and decides. One-shot. One thread; must not outlive the loop's run().
class WallAlarm {
  public:
    WallAlarm(EventLoop& loop, std::function<void()> callback);
    ~WallAlarm();
    WallAlarm(const WallAlarm&) = delete;
    WallAlarm& operator=(const WallAlarm&) = delete;

    // Replaces an earlier moment; one that has passed: at once. WallTime::max(): only when the clock is set.
    void set(WallTime at);
    void clear();

  private:
    int fd_ = -1; // timerfd(2)
};

} // namespace apikeyd
