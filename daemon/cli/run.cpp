// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/commands.hpp"
#include "daemon/cli/dry_run_reporter.hpp"
#include "daemon/cli/live_run.hpp"
#include "daemon/cli/run_frame.hpp"
#include "daemon/runtime/event_log.hpp"
#include "daemon/runtime/step_time.hpp"
#include "daemon/runtime/suspension.hpp"

#include <csignal>
#include <functional>
#include <memory>
#include <utility>

namespace apikeyd {

namespace {

// By the daemon's settings, a dry run beside it would take the address from it, or find it taken.
void tell_no_status(Log& log, const StatusSettings& settings) {
    if (!settings.listen.empty()) {
        Diagnostic diagnostic;
        diagnostic.severity = Severity::warning;
        diagnostic.message = "status.listen: a dry run serves no status";
        diagnostic.hint = "its report, on standard output or in --output, says what differs; apikeyd status "
                          "tells of each key";
        log_settings_invalid(log, {diagnostic});
    }
}

int run_dry(const CommandLine& line, const Settings& settings, Notifier& notifier) {
    (void)take_token_variable(); // there is no use for it, and it would stay for long
    RunFrame frame(settings, true, notifier);
    tell_no_status(frame.log(), settings.status);
    bool stopped = false;
    std::function<void()> tell;
    DryRunReporter reporter(frame.loop(), line, settings, frame.log(), [&] { tell(); });
    tell = [&] {
        DrySituation it = reporter.situation();
        it.file_trouble = frame.follower().degraded();
        it.stopped = stopped;
        frame.publish(assess(it));
    };
    frame.follow(reporter, tell);
    frame.loop().on_signal(SIGHUP, [&] {
        notifier.reloading();
        frame.watcher().look_now();
        notifier.ready();
    });
    stop_on_signals(frame.loop(), [&](const std::string& why) {
        log_daemon_stopping(frame.log(), why);
        notifier.stopping();
        stopped = true;
        tell();
        frame.loop().quit();
    });
    tell();
    frame.run();
    return exit_ok;
}

// Settings that seemed good and can't be begun with, for whatever came in between.
void log_settings_unusable(const LogSettings& settings, const std::string& why) {
    Diagnostic diagnostic;
    diagnostic.message = why;
    diagnostic.hint = "the settings from before stay in force";
    Log log = make_log(settings);
    log_settings_invalid(log, {diagnostic});
}

// The operator's order to send nothing must not end by a change of the state's path.
void keep_suspended(const std::optional<Suspension>& suspension, StateStore& state, const LogSettings& log) {
    if (suspension && carry_suspension(state, *suspension, current_time().wall)) {
        Log told = make_log(log);
        log_event(told, SendingSuspended{*suspension});
    }
}

// The run before is over. Gives the next, with its settings, or with those from before where it can't be
// begun with them.
std::unique_ptr<LiveRun> begin_anew(const CommandLine& line, std::unique_ptr<LiveRun> over,
                                    const Settings& before, const Secret& token_variable, Notifier& notifier,
                                    ProcessHistory& history) {
    const Settings next = over->next_settings();
    const Secret token = over->token();
    const auto suspension = over->suspension();
    const std::optional<LastGood> last_good = over->last_good();
    std::optional<StateStore> state = over->next_state();
    std::optional<StateStore> old_state = over->release_state();
    over.reset();
    try {
        if (state) {
            keep_suspended(suspension, *state, next.log);
        } else {
            std::swap(state, old_state);
        }
        return std::make_unique<LiveRun>(line,
                                         LiveStart{next,
                                                   std::move(*state),
                                                   token_variable,
                                                   {},
                                                   {},
                                                   {},
                                                   next.keys == before.keys ? last_good : std::nullopt},
                                         notifier, history);
    } catch (const std::runtime_error& error) {
        log_settings_unusable(before.log, error.what());
        state.reset();
        if (!old_state) {
            old_state = open_state(before.state);
        }
        return std::make_unique<LiveRun>(
            line,
            LiveStart{before, std::move(*old_state), token_variable, token, next, error.what(), last_good},
            notifier, history);
    }
}

int run_live(const CommandLine& line, const Settings& settings, Notifier& notifier) {
    const Secret token_variable = take_token_variable();
    notifier.extend_timeout(time_to_open(size_of_state(settings.state)));
    ProcessHistory history{current_time().wall, {}, {}};
    auto live = std::make_unique<LiveRun>(
        line, LiveStart{settings, open_state(settings.state), token_variable, {}, {}, {}, {}}, notifier,
        history);
    while (live->run()) {
        const Settings before = live->settings();
        try {
            live = begin_anew(line, std::move(live), before, token_variable, notifier, history);
        } catch (const std::runtime_error& error) {
            // Not 78: what it was begun with was good, so another beginning may be.
            throw CommandError(exit_error, std::string("neither the changed settings nor those from before "
                                                       "can be begun with: ") +
                                               error.what());
        }
    }
    return exit_ok;
}

} // namespace

int run_command(const CommandLine& line) {
    SystemdNotifier notifier;
    try {
        const Settings settings = require_settings(line);
        block_signals();
        return line.dry_run ? run_dry(line, settings, notifier) : run_live(line, settings, notifier);
    } catch (const std::exception& error) {
        notifier.status(ended_sentence(error.what()));
        throw;
    }
}

} // namespace apikeyd
