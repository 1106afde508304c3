// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/looking.hpp"

#include "daemon/cli/context.hpp"
#include "daemon/cli/converger.hpp"
#include "daemon/runtime/service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace apikeyd {

namespace {

// Tries of one key before it counts as one that can't be looked at.
constexpr unsigned attempts = 5;

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
    return engine.last_refresh() || engine.stopped() || engine.state_trouble();
}

} // namespace

void look_at_keys(const Settings& settings, StateStore store, std::shared_ptr<const DesiredState> desired,
                  std::vector<Change> probes, const std::function<void(const Looked&, StateStore&)>& then) {
    EventLoop loop;
    Log log = make_log(quieter(settings.log));
    Looked looked;
    Engine* engine = nullptr;
    Secret token_variable = take_token_variable();
    Converger converger(loop, log, settings, std::move(store), std::move(token_variable), {attempts, true},
                        [&] {
                            if (engine != nullptr && is_over(*engine) && engine->quiet()) {
                                loop.quit();
                            }
                        });
    engine = &converger.engine();
    if (engine->suspension()) {
        throw CommandError(exit_error, fmt::format("sending is suspended until {}, looks included; `apikeyd "
                                                   "resume` ends that",
                                                   format_rfc3339(engine->suspension()->until)));
    }
    bool interrupted = false;
    stop_on_signals(loop, [&](const std::string&) {
        interrupted = true;
        engine->stop();
    });
    engine->on_event([&](const Event& event) { note(looked, event); });
    engine->look_at(std::move(desired), std::move(probes));
    loop.run();
    if (engine->state_trouble()) {
        throw CommandError(exit_error, *engine->state_trouble());
    }
    if (interrupted) {
        throw CommandError(exit_error, "interrupted before every key was looked at");
    }
    then(looked, engine->store());
}

} // namespace apikeyd
