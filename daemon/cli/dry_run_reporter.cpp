// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/dry_run_reporter.hpp"

#include "daemon/cli/drift_output.hpp"
#include "daemon/cli/planning.hpp"
#include "daemon/runtime/event_log.hpp"

#include <utility>

namespace apikeyd {

DryRunReporter::DryRunReporter(EventLoop& loop, const CommandLine& line, const Settings& settings, Log& log,
                               std::function<void()> reported)
    : line_(line)
    , settings_(settings)
    , log_(log)
    , reported_(std::move(reported))
    , alarm_(loop, [this] { moment_came(); }) {}

void DryRunReporter::desired(std::shared_ptr<const DesiredState> state, std::optional<Commit> commit) {
    state_ = std::move(state);
    commit_ = std::move(commit);
    set_alarm();
    report();
}

void DryRunReporter::unusable(const std::vector<Diagnostic>& diagnostics) {
    told_errors_ = true;
    write([&] { print_drift_errors(diagnostics, line_); });
}

void DryRunReporter::usable_again() {
    if (state_ && told_errors_) {
        report();
    }
}

// It rang, or the clock was set.
void DryRunReporter::moment_came() {
    auto turned = std::make_shared<const DesiredState>(state_->at(current_time().wall));
    if (turned->intent() != state_->intent()) {
        state_ = std::move(turned);
        report();
    }
    set_alarm();
}

void DryRunReporter::set_alarm() {
    if (state_->timed()) {
        alarm_.set(state_->next_transition().value_or(WallTime::max()));
    } else {
        alarm_.clear();
    }
}

void DryRunReporter::report() {
    told_errors_ = false;
    try {
        const DriftReport report = plan_from_state(*state_, commit_, settings_);
        situation_.report_trouble.reset();
        write([&] { print_drift(report, line_); });
        if (!situation_.report_trouble) {
            situation_.report = {report.counts.managed, report.items.size() + report.rejected.size(),
                                 report.generated_at};
        }
    } catch (const StateError& error) {
        log_state_unavailable(log_, error.what());
        told_errors_ = true;
        write([&] { print_drift_errors(error, line_); });
        situation_.report_trouble = error.what();
    }
    if (situation_.report_trouble) {
        situation_.report.reset(); // it was of another file, or of another time
    }
    reported_();
}

// A file can be writable the next time; standard output that is gone stays so.
void DryRunReporter::write(const std::function<void()>& print) {
    try {
        print();
    } catch (const CommandError& error) {
        if (!writes_file(line_)) {
            throw;
        }
        log_report_unwritable(log_, error.what());
        situation_.report_trouble = error.what();
        told_errors_ = true; // there is no report of this state yet
    }
}

} // namespace apikeyd
