// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.hpp"
#include "daemon/cli/caller.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/converger.hpp"
#include "daemon/cli/drift_output.hpp"
#include "daemon/cli/planning.hpp"
#include "daemon/runtime/event_log.hpp"
#include "daemon/runtime/git_commit.hpp"
#include "daemon/runtime/hardening.hpp"
#include "daemon/runtime/json_text.hpp"
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

// Runs one reconciliation to its end; nothing if the state could not be used for it. Throws CommandError if
// sending is suspended and there is something to send.
std::optional<ReconcileFinished> reconcile_once(const Settings& settings, DesiredState desired,
                                                const std::string& approval) {
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
    stop_on_signals(loop, [&](const std::string& why) {
        log_daemon_stopping(log, why);
        converger.engine().stop();
    });
    if (!approval.empty()) {
        converger.engine().approve(approval, caller_name());
    }
    engine = &converger.engine(); // from here on, being idle means being done
    auto commit = commit_of(settings.keys, desired);
    engine->desired(std::make_shared<const DesiredState>(std::move(desired)), std::move(commit));
    loop.run();
    if (engine->suspension() && !engine->idle() && !engine->state_trouble()) {
        throw CommandError(exit_error,
                           fmt::format("sending is suspended until {}{}{}; `apikeyd resume` ends that",
                                       format_rfc3339(engine->suspension()->until),
                                       engine->suspension()->reason.empty() ? "" : ": ",
                                       visible_text(engine->suspension()->reason)));
    }
    return engine->state_trouble() ? std::nullopt : engine->last_finished();
}

} // namespace

int apply_command(const CommandLine& line) {
    harden_process();
    constexpr std::string_view consequence = "nothing was sent";
    if (line.dry_run) {
        return report_drift(line, [&] {
            const Settings settings = require_settings(line);
            const DesiredState desired = require_desired(settings, line, consequence);
            return plan_from_state(desired, commit_of(settings.keys, desired), settings);
        });
    }
    if (line.format == OutputFormat::markdown || line.format == OutputFormat::html) {
        throw CommandError(exit_usage,
                           "--format markdown and html are forms of a report; they need --dry-run");
    }
    const Settings settings = require_settings(line);
    DesiredState desired = require_desired(settings, line, consequence);
    block_signals();
    const auto finished = reconcile_once(settings, std::move(desired), line.digest);
    if (!finished) {
        throw CommandError(exit_error, "the state can't be used; nothing more was sent");
    }
    if (wants_report(line)) {
        print_report(render(*finished, line.format), line);
    }
    if (finished->result == Result::held) {
        std::cerr << "apikeyd: too many disables for one plan; look at them with `apikeyd drift`, and let "
                     "them go with "
                     "`apikeyd apply --approve DIGEST`\n";
    }
    return finished->result == Result::converged ? exit_ok : exit_error;
}

} // namespace apikeyd
