// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/converger.hpp"
#include "daemon/cli/progress_display.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/log.hpp"

#include <functional>

namespace apikeyd {

// What a command has that converges or looks once and then ends: loop, log, token, connections, state, and
// on a terminal a line that tells how far it is. Signals must be blocked.
class SingleRun {
  public:
    // Whether nothing more will come of it.
    using Over = bool (*)(const Engine&);

    // Throws TokenError; CommandError (78) where the connections can't be made as the settings say.
    SingleRun(const Settings& settings, const LogSettings& log, StateStore store, bool look_only, Over over,
              ProgressForm progress);

    EventLoop& loop() noexcept { return loop_; }
    Log& log() noexcept { return log_; }
    Engine& engine() noexcept { return converger_.engine(); }

    // `begin` hands the engine its work; returns when it is over.
    void run(const std::function<void()>& begin);

  private:
    void stepped();

    EventLoop loop_;
    Over over_;
    bool begun_ = false; // before, being idle doesn't mean being done
    ProgressDisplay progress_;
    Log log_;
    Converger converger_;
};

} // namespace apikeyd
