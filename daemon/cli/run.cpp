// SPDX-License-Identifier: Apache-2.0
#include "config/listen_address.hpp"
#include "config/text_file.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/converger.hpp"
#include "daemon/cli/dry_run_reporter.hpp"
#include "daemon/runtime/event_log.hpp"
#include "daemon/runtime/file_watcher.hpp"
#include "daemon/runtime/hardening.hpp"
#include "daemon/runtime/notifier.hpp"
#include "daemon/runtime/passed_socket.hpp"
#include "daemon/runtime/request_file.hpp"
#include "daemon/runtime/service.hpp"
#include "daemon/status/status_service.hpp"
#include "generated/version.hpp"

#include <fmt/format.h>

#include <csignal>
#include <unistd.h>

namespace apikeyd {

namespace {

// Over the request timeout, which ends what is under way: for the commits after it.
constexpr std::chrono::milliseconds shutdown_slack{2000};

// What both kinds of run have: the loop, the log, and the desired file that is followed.
class Frame {
  public:
    Frame(const Settings& settings, bool dry_run)
        : keys_(settings.keys)
        , log_(make_log(settings.log)) {
        log_daemon_started(log_,
                           {version, settings.api.url, name_to_show(settings.keys), settings.state, dry_run});
    }

    // `followed` is called after whatever came of the file.
    void follow(DesiredSink& sink, const std::function<void()>& followed) {
        follower_ = std::make_unique<DesiredFollower>(loop_, keys_, log_, sink);
        watcher_ = std::make_unique<FileWatcher>(
            loop_, keys_,
            [this, followed] {
                follower_->load();
                followed();
            },
            !inotify_sees_all(keys_),
            [this, followed](const std::string& why) {
                follower_->waiting(why);
                followed();
            });
    }

    void run() {
        loop_.feed_watchdog();
        notifier_.ready();
        loop_.run();
    }

    EventLoop& loop() noexcept { return loop_; }
    Log& log() noexcept { return log_; }
    Notifier& notifier() noexcept { return notifier_; }
    DesiredFollower& follower() noexcept { return *follower_; }
    FileWatcher& watcher() noexcept { return *watcher_; }

  private:
    std::string keys_;
    Log log_;
    SystemdNotifier notifier_;
    EventLoop loop_;
    std::unique_ptr<DesiredFollower> follower_;
    std::unique_ptr<FileWatcher> watcher_;
};

int run_dry(const CommandLine& line, const Settings& settings) {
    (void)take_token_variable(); // there is no use for it, and it would stay for long
    Frame frame(settings, true);
    DryRunReporter reporter(frame.loop(), line, settings, frame.log());
    frame.follow(reporter, [] {});
    frame.loop().on_signal(SIGHUP, [&] { frame.watcher().look(); });
    stop_on_signals(frame.loop(), [&](const std::string& why) {
        log_daemon_stopping(frame.log(), why);
        frame.loop().quit();
    });
    frame.run();
    return exit_ok;
}

// The status server, where one is wanted: with its address taken, or not at all.
std::unique_ptr<StatusService> make_status_service(const Settings& settings) {
    const auto address = parse_listen_address(settings.status.listen);
    if (!address) {
        return nullptr;
    }
    const int passed = address->kind == ListenAddress::Kind::passed ? passed_socket() : -1;
    auto service = std::make_unique<StatusService>(settings.status, passed, settings.state);
    if (!service->local() && !settings.status.allow_remote) {
        throw CommandError(
            exit_settings,
            fmt::format("other machines could reach {}, which systemd listens on, and the status server "
                        "asks nobody who they are; set status.allow_remote to allow it",
                        service->address()));
    }
    return service;
}

// The daemon proper.
class Daemon {
  public:
    // `refused`: other settings that can't be begun with.
    Daemon(const CommandLine& line, const Settings& settings, const Secret& token_variable,
           ProcessHistory& history, std::optional<Settings> refused = std::nullopt)
        : status_server_(make_status_service(settings))
        , line_(line)
        , settings_(settings)
        , refused_(std::move(refused))
        , token_variable_(token_variable)
        , frame_(settings, false)
        , timeout_(settings.api.timeout)
        , converger_(frame_.loop(), frame_.log(), settings, open_state(settings.state), token_variable, {},
                     [this] { stepped(); })
        , overdue_(frame_.loop(), [this] { leave_unfinished(); })
        , state_path_(settings.state)
        , suspensions_(frame_.loop(), converger_.engine(), settings.state) {
        frame_.follow(converger_.engine(), [this] { stepped(); });
        if (const std::string& file = converger_.token().file(); !file.empty()) {
            token_watcher_ = std::make_unique<FileWatcher>(
                frame_.loop(), file, [this] { reload_token(); }, !inotify_sees_all(file));
        }
        approval_watcher_ = std::make_unique<FileWatcher>(
            frame_.loop(), request_path(settings.state, RequestKind::approval),
            [this] { take_approval_left(); }, !inotify_sees_all(settings.state));
        settings_watcher_ = std::make_unique<FileWatcher>(
            frame_.loop(), line.sources.settings_file, [this] { reload_settings(); },
            !inotify_sees_all(line.sources.settings_file));
        converger_.engine().on_answer(
            [&history](const Answer& answer) {
                history.counters.answered(answer);
                history.counters.traffic.add(answer, current_time().wall);
            });
        converger_.engine().on_event([&history](const Event& event) { history.counters.told(event); });
        if (status_server_) {
            status_server_->start(frame_.loop(), converger_.engine(), frame_.follower(), history);
            log_status_listening(frame_.log(), status_server_->address());
        }
        frame_.loop().on_signal(SIGHUP, [this] { reload(); });
        stop_on_signals(frame_.loop(), [this](const std::string& why) { stop(why); });
    }

    // The settings to begin anew with; nothing: it was told to stop.
    std::optional<Settings> run() {
        frame_.run();
        return next_settings_;
    }

  private:
    void stepped() {
        if (converger_.engine().stopped()) {
            frame_.loop().quit();
        }
        const Assessment assessment = assess(situation_of(converger_.engine(), frame_.follower()));
        if (status_server_) {
            status_server_->publish(assessment);
        }
        if (assessment.sentence != status_) {
            frame_.notifier().status(assessment.sentence);
            status_ = assessment.sentence;
        }
    }

    void reload() {
        frame_.notifier().reloading();
        refused_.reset(); // whoever asks gets another try
        reload_settings();
        reload_token();
        frame_.watcher().look();
        frame_.notifier().ready();
    }

    // New settings take effect by an orderly end and a new beginning in the same process. What can't be used
    // changes nothing.
    void reload_settings() {
        if (next_settings_ || stopping_) {
            return;
        }
        Loaded<Settings> fresh = usable_settings(line_);
        if (!fresh) {
            log_settings_invalid(frame_.log(), fresh.diagnostics);
            return;
        }
        if (*fresh.value == settings_) {
            refused_.reset(); // what comes next is another edit
            return;
        }
        if (fresh.value == refused_) {
            return; // it could not begin with these; SIGHUP tries again
        }
        try {
            (void)TokenStore(find_token(fresh.value->api.token_file, token_variable_));
        } catch (const TokenError& error) {
            log_token_invalid(frame_.log(), error.what());
            return;
        }
        next_settings_ = std::move(*fresh.value);
        log_settings_reloaded(frame_.log(), line_.sources.settings_file);
        overdue_.set(current_time().mono + timeout_ + shutdown_slack);
        converger_.engine().stop();
    }

    void reload_token() {
        try {
            if (converger_.token().reload()) {
                log_token_loaded(frame_.log(), converger_.token().file());
                converger_.engine().use_token(converger_.token().get());
            }
        } catch (const TokenError& error) {
            log_token_invalid(frame_.log(), error.what());
        }
    }

    void take_approval_left() {
        if (const auto request = take_approval(state_path_)) {
            converger_.engine().approve(request->digest, request->by);
        }
    }

    void stop(const std::string& why) {
        log_daemon_stopping(frame_.log(), why);
        frame_.notifier().stopping();
        stopping_ = true;
        next_settings_.reset();
        overdue_.set(current_time().mono + timeout_ + shutdown_slack);
        converger_.engine().stop();
    }

    // The marks are on disk: the next start asserts what is in doubt.
    void leave_unfinished() {
        if (!stopping_) {
            return; // new settings can wait until the state can be written again
        }
        log_state_unavailable(frame_.log(),
                              "not everything could be recorded in time; what is in doubt is marked");
        _exit(exit_error);
    }

    std::unique_ptr<StatusService> status_server_; // nullptr: none; first, for it must outlive the loop
    const CommandLine& line_;
    Settings settings_;
    std::optional<Settings> refused_;
    Secret token_variable_;
    std::optional<Settings> next_settings_;
    bool stopping_ = false;
    Frame frame_;
    std::chrono::milliseconds timeout_;
    std::string status_;
    Converger converger_;
    EventLoop::Timer overdue_;
    std::string state_path_;
    SuspensionRequests suspensions_;
    std::unique_ptr<FileWatcher> token_watcher_;
    std::unique_ptr<FileWatcher> approval_watcher_;
    std::unique_ptr<FileWatcher> settings_watcher_;
};

// Settings that read well and can't be begun with: a state that can't be opened, say.
void log_settings_unusable(const LogSettings& settings, const std::string& why) {
    Diagnostic diagnostic;
    diagnostic.message = why;
    diagnostic.hint = "the settings from before stay in force";
    Log log = make_log(settings);
    log_settings_invalid(log, {diagnostic});
}

} // namespace

int run_command(const CommandLine& line) {
    harden_process();
    Settings settings = require_settings(line);
    block_signals();
    if (line.dry_run) {
        return run_dry(line, settings);
    }
    const Secret token_variable = take_token_variable();
    ProcessHistory history{current_time().wall, {}};
    auto daemon = std::make_unique<Daemon>(line, settings, token_variable, history);
    while (auto next = daemon->run()) {
        daemon.reset(); // before the next begins: it holds the state
        try {
            daemon = std::make_unique<Daemon>(line, *next, token_variable, history);
            settings = *next;
        } catch (const std::runtime_error& error) {
            log_settings_unusable(settings.log, error.what());
            daemon = std::make_unique<Daemon>(line, settings, token_variable, history, std::move(*next));
        }
    }
    return exit_ok;
}

} // namespace apikeyd
