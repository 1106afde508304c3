// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/context.hpp"
#include "daemon/cli/progress.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/log.hpp"

#include <functional>
#include <optional>
#include <string>

namespace apikeyd {

enum class ProgressForm {
    none,
    bar,  // the last line of a terminal, drawn again and again
    lines // one now and then, for a pipe
};

// How to tell on standard error how far a command is. No lines where the log tells of each key itself, nor
// between its objects where it is JSON.
ProgressForm progress_form(const CommandLine& line, const LogSettings& log);

// Tells it, once it takes longer than a moment. One thread, the loop's.
class ProgressDisplay {
  public:
    ProgressDisplay(EventLoop& loop, ProgressForm form);

    // Where the log must go so that its lines don't run into the bar; empty: there is none.
    Log::Sink log_sink();

    // `source` is asked now and then, as long as this isn't ended.
    void begin(std::function<std::optional<Progress>()> source);
    // Takes the bar away. So does the end of this object's life.
    void end();
    ~ProgressDisplay();
    ProgressDisplay(const ProgressDisplay&) = delete;
    ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  private:
    void tick();
    void show(const std::string& bar);

    ProgressForm form_;
    std::function<std::optional<Progress>()> source_;
    ProgressMeter meter_;
    std::string bar_; // as it is drawn; empty: it isn't
    MonoTime begun_{}, told_{};
    EventLoop::Timer timer_;
};

} // namespace apikeyd
