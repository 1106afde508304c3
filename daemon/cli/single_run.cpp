// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/single_run.hpp"

#include <utility>

namespace apikeyd {

namespace {

// Tries of one key before a pipeline is told that it did not converge, or that a key can't be looked at.
constexpr unsigned attempts = 5;

} // namespace

SingleRun::SingleRun(const Settings& settings, const LogSettings& log, StateStore store, bool look_only,
                     Over over, ProgressForm progress)
    : over_(over)
    , progress_(loop_, progress)
    , log_(make_log(log, progress_.log_sink()))
    , converger_(loop_, log_, settings, std::move(store), take_token_variable(), {attempts, look_only},
                 [this] { stepped(); }) {}

void SingleRun::run(const std::function<void()>& begin) {
    begun_ = true;
    progress_.begin([this] { return converger_.engine().progress(current_time().mono); });
    begin();
    loop_.run();
    progress_.end();
}

void SingleRun::stepped() {
    if (begun_ && over_(converger_.engine())) {
        loop_.quit();
    }
}

} // namespace apikeyd
