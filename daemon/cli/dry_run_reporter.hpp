// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/runtime/engine.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/verdict.hpp"
#include "daemon/runtime/wall_alarm.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace apikeyd {

// Plans and reports each desired state, also at the moments that the file names, and has nothing that could
// send. What keeps it from that is reported instead, and logged: a dry run goes on. Lives on the loop's
// thread; what it is given must outlive it.
class DryRunReporter final : public DesiredSink {
  public:
    // `reported` is called when situation() may say something else.
    DryRunReporter(EventLoop& loop, const CommandLine& line, const Settings& settings, Log& log,
                   std::function<void()> reported);

    // Without what the follower knows.
    const DrySituation& situation() const noexcept { return situation_; }

    void desired(std::shared_ptr<const DesiredState> state, std::optional<Commit> commit) override;
    void unusable(const std::vector<Diagnostic>& diagnostics) override;
    void usable_again() override;

  private:
    void moment_came();
    void set_alarm();
    void report();
    void write(const std::function<void()>& print);

    const CommandLine& line_;
    const Settings& settings_;
    Log& log_;
    std::function<void()> reported_;
    WallAlarm alarm_;
    std::shared_ptr<const DesiredState> state_; // the last that could be used
    std::optional<Commit> commit_;
    DrySituation situation_;
    bool told_errors_ = false; // instead of a report of it
};

} // namespace apikeyd
