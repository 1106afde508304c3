// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/looking.hpp"

#include "daemon/cli/context.hpp"
#include "daemon/cli/planning.hpp"
#include "daemon/cli/progress_display.hpp"
#include "daemon/cli/single_run.hpp"
#include "daemon/runtime/service.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace apikeyd {

namespace {

// The report is what such a command prints; each answer as a line of the log would bury it.
LogSettings quieter(LogSettings settings) {
    settings.level = std::max(settings.level, LogLevel::warning);
    return settings;
}

void note(Looked& looked, const Event& event) {
    if (const auto* updated = std::get_if<KeyUpdated>(&event)) {
        looked.found.insert_or_assign(updated->key.id, updated->key);
    } else if (const auto* failed = std::get_if<KeyProbeFailed>(&event)) {
        looked.missing.insert_or_assign(failed->id, failed->why);
    } else if (const auto* finished = std::get_if<RefreshFinished>(&event)) {
        looked.stopped = finished->result.stopped;
    }
}

bool is_over(const Engine& engine) {
    return (engine.last_refresh() || engine.stopped() || engine.state_trouble()) && engine.quiet();
}

} // namespace

void look_at_keys(const Settings& settings, const CommandLine& line, StateStore store,
                  std::shared_ptr<const DesiredState> desired, std::vector<Change> probes,
                  const std::function<void(const Looked&, StateStore&)>& then) {
    const LogSettings log = quieter(settings.log);
    SingleRun run(settings, log, std::move(store), true, is_over, progress_form(line, log));
    Engine& engine = run.engine();
    if (engine.suspension()) {
        throw suspended_error(*engine.suspension(), true);
    }
    bool interrupted = false;
    stop_on_signals(run.loop(), [&](const std::string&) {
        interrupted = true;
        engine.stop();
    });
    Looked looked;
    engine.on_event([&](const Event& event) { note(looked, event); });
    run.run([&] { engine.look_at(std::move(desired), std::move(probes)); });
    if (engine.state_trouble()) {
        throw CommandError(exit_error, *engine.state_trouble());
    }
    if (interrupted) {
        throw CommandError(exit_error, "interrupted before every key was looked at");
    }
    then(looked, engine.store());
}

} // namespace apikeyd
