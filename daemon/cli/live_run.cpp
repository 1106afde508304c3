// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/live_run.hpp"

#include "config/same_file.hpp"
#include "daemon/cli/status_listening.hpp"
#include "daemon/runtime/event_log.hpp"
#include "daemon/runtime/step_time.hpp"

#include <algorithm>
#include <csignal>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace apikeyd {

namespace {

// Over the request timeout, which ends what is under way: for the commits after it.
constexpr std::chrono::milliseconds shutdown_slack{2000};
// After that, to close the state and end the threads.
constexpr std::chrono::milliseconds closing_time{10'000};

Diagnostic of_settings(const std::string& why) {
    Diagnostic diagnostic;
    diagnostic.message = why;
    diagnostic.hint = "the settings from before stay in force";
    return diagnostic;
}

} // namespace

LiveRun::LiveRun(const CommandLine& line, LiveStart start, Notifier& notifier, ProcessHistory& history)
    : status_(make_status_service(start.settings))
    , line_(line)
    , settings_(std::move(start.settings))
    , refused_(std::move(start.refused))
    , token_variable_(start.token_variable)
    , frame_(settings_, false, notifier)
    , converger_(frame_.loop(), frame_.log(), settings_, std::move(start.state), token_variable_,
                 {{}, false, std::move(start.token_before)}, [this] { stepped(); })
    , overdue_(frame_.loop(), [this] { leave_unfinished(); })
    , suspensions_(frame_.loop(), converger_.engine(), settings_.state) {
    if (refused_) {
        settings_trouble_ = std::move(start.refusal);
    }
    frame_.follow(
        converger_.engine(), [this] { stepped(); }, std::move(start.last_good));
    if (const std::string& file = converger_.token().file(); !file.empty()) {
        token_watcher_ = std::make_unique<FileWatcher>(
            frame_.loop(), file, [this] { reload_token(); }, !inotify_sees_all(file));
    }
    approval_watcher_ = std::make_unique<FileWatcher>(
        frame_.loop(), request_path(settings_.state, RequestKind::approval), [this] { take_approval_left(); },
        !inotify_sees_all(settings_.state));
    settings_watcher_ = std::make_unique<FileWatcher>(
        frame_.loop(), line.sources.settings_file, [this] { reload_settings(); },
        !inotify_sees_all(line.sources.settings_file));
    begin_status(history);
    frame_.loop().on_signal(SIGHUP, [this] { reload(); });
    stop_on_signals(
        frame_.loop(), [this](const std::string& why) { stop(why); }, [this] { tell_end(); });
}

void LiveRun::begin_status(ProcessHistory& history) {
    converger_.engine().on_answer([&history](const Answer& answer) {
        history.counters.answered(answer);
        history.counters.traffic.add(answer, current_time().wall);
    });
    converger_.engine().on_event([&history](const Event& event) { history.counters.told(event); });
    if (status_) {
        frame_.on_longer_steps([this](std::chrono::milliseconds time) { status_->allow_longer_steps(time); });
        status_->start(frame_.loop(), converger_.engine(), frame_.follower(), history, told_of(situation()));
        log_status_listening(frame_.log(), status_->address());
    }
}

void LiveRun::publish(const Situation& it) {
    const Told told = told_of(it);
    if (status_) {
        status_->publish(told);
    }
    frame_.publish(told.assessment);
}

bool LiveRun::run() {
    stepped();
    frame_.run();
    if (!next_settings_) {
        tell_end();
    }
    return next_settings_.has_value();
}

std::optional<LastGood> LiveRun::last_good() {
    const DesiredFollower& follower = frame_.follower();
    const Engine& engine = converger_.engine();
    if (!follower.loaded()) {
        return follower.before();
    }
    return LastGood{engine.in_force(), engine.commit_in_force(), *follower.last_good(), frame_.large_bytes()};
}

Situation LiveRun::situation() {
    Situation it = situation_of(converger_.engine(), frame_.follower());
    it.phase = stopping_        ? Situation::Phase::stopping
               : next_settings_ ? Situation::Phase::reloading
                                : Situation::Phase::running;
    it.settings_trouble = settings_trouble_;
    it.token_trouble = converger_.token().trouble();
    return it;
}

void LiveRun::stepped() {
    publish(situation());
    if (converger_.engine().stopped()) {
        frame_.loop().quit();
    }
}

void LiveRun::reload() {
    if (next_settings_ || stopping_) {
        return; // whatever is new is read at the beginning that comes
    }
    frame_.notifier().reloading();
    reloading_ = true;
    refused_.reset(); // whoever asks gets another try
    reload_settings();
    if (next_settings_) {
        return; // ready when those are in force
    }
    reload_token();
    frame_.watcher().look_now();
    stepped();
    frame_.notifier().ready();
    reloading_ = false;
}

// New settings take effect by an orderly end and a new beginning in the same process. What can't be used
// changes nothing.
void LiveRun::reload_settings() {
    if (next_settings_ || stopping_) {
        return;
    }
    Loaded<Settings> fresh = usable_settings(line_);
    if (!fresh) {
        refuse(fresh.diagnostics);
        return;
    }
    if (*fresh.value == settings_) {
        refused_.reset(); // what comes next is another edit
        settings_trouble_.reset();
        stepped();
        return;
    }
    if (fresh.value == refused_) {
        return; // it could not begin with these; SIGHUP tries again
    }
    try {
        try_out(*fresh.value);
    } catch (const std::runtime_error& error) {
        refuse({of_settings(error.what())});
        return;
    }
    begin_anew(std::move(*fresh.value));
}

void LiveRun::refuse(const std::vector<Diagnostic>& diagnostics) {
    log_settings_invalid(frame_.log(), diagnostics);
    const auto error = std::ranges::find(diagnostics, Severity::error, &Diagnostic::severity);
    if (error != diagnostics.end()) {
        settings_trouble_ = error->file.empty() ? error->message : summarize_diagnostic(*error);
    }
    stepped();
}

// As far as can be told while this run goes on; another state is opened, and kept. Throws like the
// constructor, and StateError.
void LiveRun::try_out(const Settings& fresh) {
    (void)TokenStore(find_token(fresh.api.token_file, token_variable_));
    try_connections(fresh.api);
    if (!is_same_file(fresh.state, settings_.state)) {
        const auto time = time_to_open(size_of_state(fresh.state));
        frame_.notifier().extend_timeout(time);
        frame_.allow_longer_steps(std::max(time, frame_.step_allowance()));
        try {
            next_state_ = open_state(fresh.state);
        } catch (...) {
            frame_.allow_longer_steps(frame_.step_allowance());
            throw;
        }
        frame_.allow_longer_steps(frame_.step_allowance());
    }
}

void LiveRun::begin_anew(Settings fresh) {
    next_settings_ = std::move(fresh);
    log_settings_reloaded(frame_.log(), line_.sources.settings_file);
    if (!std::exchange(reloading_, true)) {
        frame_.notifier().reloading();
    }
    drain();
}

void LiveRun::reload_token() {
    try {
        if (converger_.token().reload()) {
            log_token_loaded(frame_.log(), converger_.token().file());
            converger_.engine().use_token(converger_.token().get());
        }
    } catch (const TokenError& error) {
        log_token_invalid(frame_.log(), error.what());
    }
    stepped();
}

void LiveRun::take_approval_left() {
    if (const auto request = take_approval(settings_.state)) {
        converger_.engine().approve(request->digest, request->by);
    }
}

void LiveRun::stop(const std::string& why) {
    log_daemon_stopping(frame_.log(), why);
    frame_.notifier().stopping();
    stopping_ = true;
    next_settings_.reset();
    next_state_.reset();
    drain();
}

// The timeout of requests bounds it, and overdue_ where the state can't be written.
void LiveRun::drain() {
    const auto time = settings_.api.timeout + shutdown_slack;
    frame_.notifier().extend_timeout(time + closing_time + frame_.step_allowance());
    overdue_.set(current_time().mono + time);
    converger_.engine().stop();
}

// The marks are on disk: the next start asserts what is in doubt.
void LiveRun::leave_unfinished() {
    if (!stopping_) {
        // New settings can wait until the state can be written again.
        const auto time = settings_.api.timeout + shutdown_slack;
        frame_.notifier().extend_timeout(time + closing_time);
        overdue_.set(current_time().mono + time);
        return;
    }
    log_state_unavailable(frame_.log(),
                          "not everything could be recorded in time; what is in doubt is marked");
    tell_end();
    _exit(exit_error);
}

// The last sentence is what the service manager shows from then on.
void LiveRun::tell_end() {
    Situation it = situation();
    it.phase = Situation::Phase::stopped;
    publish(it);
}

} // namespace apikeyd
