// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/commands.hpp"
#include "daemon/cli/converger.hpp"
#include "daemon/cli/planning.hpp"
#include "daemon/runtime/event_log.hpp"
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

// Runs one reconciliation to its end; nothing if the state could not be used for it.
std::optional<ReconcileFinished> reconcile_once(const Settings& settings, DesiredState desired,
                                                const std::string& approval) {
    EventLoop loop;
    Log log = make_log(settings.log);
    Engine* engine = nullptr;
    Converger converger(loop, log, settings, take_token_variable(), attempts, [&] {
        if (engine != nullptr && (engine->idle() || engine->stopped() || engine->state_trouble())) {
            loop.quit();
        }
    });
    stop_on_signals(loop, [&](const std::string& why) {
        log_daemon_stopping(log, why);
        converger.engine().stop();
    });
    if (!approval.empty()) {
        converger.engine().approve(approval);
    }
    engine = &converger.engine(); // from here on, being idle means being done
    engine->desired(std::make_shared<const DesiredState>(std::move(desired)));
    loop.run();
    return engine->state_trouble() ? std::nullopt : engine->last_finished();
}

} // namespace

int apply_command(const CommandLine& line) {
    harden_process();
    constexpr std::string_view consequence = "nothing was sent";
    if (line.dry_run) {
        return report_drift(line, [&] {
            const Settings settings = require_settings(line);
            return plan_from_state(require_desired(settings, line, consequence), settings);
        });
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
