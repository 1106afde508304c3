// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.hpp"
#include "daemon/cli/caller.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/converger.hpp"
#include "daemon/cli/drift_output.hpp"
#include "daemon/cli/planning.hpp"
#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/event_log.hpp"
#include "daemon/runtime/git_commit.hpp"
#include "daemon/runtime/hardening.hpp"
#include "daemon/runtime/json_text.hpp"
#include "daemon/runtime/request_file.hpp"
#include "daemon/runtime/service.hpp"

#include <fmt/format.h>

#include <iostream>

namespace apikeyd {

namespace {

// Tries of one key before a pipeline is told that it did not converge.
constexpr unsigned attempts = 5;

std::string render(const ReconcileFinished& finished, OutputFormat format) {
    if (format != OutputFormat::json) {
        return fmt::format(
            "{}: {} managed keys, {} changes planned, {} applied, {} rejected, {} failed, {} held\n",
            to_string(finished.result), finished.managed, finished.planned, finished.applied,
            finished.rejected, finished.failed, finished.held);
    }
    auto object = ordered_object();
    object->set("format_version", std::string("1.0"));
    object->set("result", std::string(to_string(finished.result)));
    object->set("managed", finished.managed);
    object->set("planned", finished.planned);
    object->set("applied", finished.applied);
    object->set("rejected", finished.rejected);
    object->set("failed", finished.failed);
    object->set("held", finished.held);
    object->set("revision", finished.revision);
    return json_text(*object, 2) + "\n";
}

// Nothing more will come of it: done, stopped, unable to record anything, or told not to send.
bool is_over(const Engine& engine) {
    return engine.idle() || engine.stopped() || engine.state_trouble() ||
           (engine.suspension() && engine.quiet());
}

// What came of one reconciliation.
struct ApplyOutcome {
    std::optional<ReconcileFinished> finished; // nothing: it was cut short
    std::optional<HeldPlan> held;              // waits for approval
    std::optional<Suspension> suspension;      // there is something to send, and nothing may be
    std::string looking_stopped;               // why no plan was made
    std::uint64_t not_looked_at = 0;           // keys that gave no answer to a look
    bool state_trouble = false;
};

ApplyOutcome outcome_of(const Engine& engine) {
    ApplyOutcome outcome;
    outcome.state_trouble = engine.state_trouble().has_value();
    outcome.held = engine.held();
    if (engine.last_refresh()) {
        outcome.looking_stopped = engine.last_refresh()->result.stopped;
        outcome.not_looked_at = engine.last_refresh()->result.failed;
    }
    if (engine.suspension() && !engine.idle()) {
        outcome.suspension = engine.suspension();
    } else if (!outcome.state_trouble) {
        outcome.finished = engine.last_finished();
    }
    return outcome;
}

// Runs one reconciliation to its end.
ApplyOutcome reconcile_once(const Settings& settings, DesiredState desired, const std::string& approval) {
    EventLoop loop;
    Log log = make_log(settings.log);
    Engine* engine = nullptr;
    Secret token_variable = take_token_variable();
    Converger converger(loop, log, settings, open_state(settings.state), std::move(token_variable),
                        {attempts, false}, [&] {
                            if (engine != nullptr && is_over(*engine)) {
                                loop.quit();
                            }
                        });
    const SuspensionRequests suspensions(loop, converger.engine(), settings.state);
    stop_on_signals(loop, [&](const std::string& why) {
        log_daemon_stopping(log, why);
        converger.engine().stop();
    });
    // A server at which looks change something is none to send more to, unless a daemon must go on.
    converger.engine().on_event([&](const Event& event) {
        const auto* refreshed = std::get_if<RefreshFinished>(&event);
        if (refreshed != nullptr && !refreshed->result.stopped.empty()) {
            converger.engine().stop();
        }
    });
    // What was left is for this run, or for none: a later plan may have the same digest.
    const auto left = take_approval(settings.state);
    if (!approval.empty()) {
        converger.engine().approve(approval, caller_name());
    } else if (left) {
        converger.engine().approve(left->digest, left->by);
    }
    engine = &converger.engine(); // from here on, being idle means being done
    auto commit = commit_of(settings.keys, desired);
    engine->desired(std::make_shared<const DesiredState>(std::move(desired)), std::move(commit));
    loop.run();
    return outcome_of(*engine);
}

// Why it came to no end; throws CommandError.
[[noreturn]] void fail(const ApplyOutcome& outcome) {
    if (outcome.state_trouble) {
        throw CommandError(exit_error, "the state can't be used; nothing more was sent");
    }
    if (outcome.suspension) {
        const Suspension& suspension = *outcome.suspension;
        throw CommandError(
            exit_error, fmt::format("sending is suspended until {}{}{}; `apikeyd resume` ends that",
                                    format_rfc3339(suspension.until), suspension.reason.empty() ? "" : ": ",
                                    visible_text(suspension.reason)));
    }
    if (!outcome.looking_stopped.empty()) {
        throw CommandError(exit_error, "nothing was sent, since looking stopped: " +
                                           visible_text(outcome.looking_stopped));
    }
    throw CommandError(exit_error, "interrupted before there was a plan; nothing was sent");
}

void require_approval(const CommandLine& line) {
    std::string_view digits = line.digest;
    if (digits.starts_with("sha256:")) {
        digits.remove_prefix(7);
    }
    const bool hex = digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    if (!line.digest.empty() && (!hex || digits.size() < 8 || digits.size() > 64)) {
        throw CommandError(exit_usage,
                           "--approve: a digest is 8 to 64 digits of the number that `apikeyd drift` "
                           "names, in lower case");
    }
    if (!line.digest.empty() && line.dry_run) {
        throw CommandError(exit_usage, "--approve: a dry run has nothing to approve");
    }
}

int report_outcome(const ApplyOutcome& outcome, const CommandLine& line) {
    if (!outcome.finished) {
        fail(outcome);
    }
    if (wants_report(line)) {
        print_report(render(*outcome.finished, line.format), line);
    }
    if (outcome.held) {
        std::cerr << fmt::format(
            "apikeyd: {}; look at them with `apikeyd drift`, and let them go with `apikeyd "
            "apply --approve {}`\n",
            outcome.held->why, short_digest(outcome.held->digest));
    }
    if (outcome.not_looked_at > 0) {
        std::cerr << fmt::format("apikeyd: {} keys could not be looked at; see the log\n",
                                 outcome.not_looked_at);
        return exit_error;
    }
    return outcome.finished->result == Result::converged ? exit_ok : exit_error;
}

} // namespace

int apply_command(const CommandLine& line) {
    harden_process();
    require_approval(line);
    constexpr std::string_view consequence = "nothing was sent";
    if (line.dry_run) {
        return report_drift(line, [&] {
            const Settings settings = require_settings(line);
            const DesiredState desired = require_desired(settings, line, consequence);
            return plan_from_state(desired, commit_of(settings.keys, desired), settings);
        });
    }
    const Settings settings = require_settings(line);
    DesiredState desired = require_desired(settings, line, consequence);
    block_signals();
    return report_outcome(reconcile_once(settings, std::move(desired), line.digest), line);
}

} // namespace apikeyd
