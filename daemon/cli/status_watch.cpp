// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/status_watch.hpp"

#include "config/utf8.hpp"
#include "daemon/cli/status_screen.hpp"
#include "daemon/cli/status_source.hpp"
#include "daemon/cli/status_text.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/file_watcher.hpp"
#include "daemon/runtime/state_watch.hpp"
#include "state/state_store.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <iostream>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace apikeyd {

namespace {

constexpr std::chrono::seconds tick{1};                    // ages stay true, and what no event told shows
constexpr std::chrono::milliseconds between_screens{200};  // at least, while the state changes all the time
constexpr std::chrono::milliseconds between_reports{1000}; // the same where they stay, one below the other
constexpr TerminalSize usual_size{24, 80};

bool is_pipe(int fd) {
    struct stat info {};
    return fstat(fd, &info) == 0 && S_ISFIFO(info.st_mode);
}

class StatusWatch {
  public:
    StatusWatch(const CommandLine& line, const Settings& settings, const StatusFilter& filter)
        : line_(line)
        , settings_(settings)
        , filter_(filter)
        , on_screen_(line.format == OutputFormat::text && can_redraw(STDOUT_FILENO))
        , color_(wants_color(line, STDOUT_FILENO))
        , soon_(loop_, [this] { show(); })
        , tick_(loop_, [this] { time_passed(); })
        , state_(loop_, settings.state, [this] { stirred(); })
        , keys_(
              loop_, settings.keys,
              [this] {
                  upcoming_due_ = true;
                  stirred();
              },
              !inotify_sees_all(settings.keys)) {
        view_.path = settings.state;
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
            loop_.on_signal(signal, [this] { loop_.quit(); });
        }
    }

    void run() {
        read(); // what is wrong from the beginning ends it
        begun_ = true;
        if (on_screen_) {
            take_terminal();
        } else if (is_pipe(STDOUT_FILENO)) {
            loop_.on_readable(STDOUT_FILENO, [this] { loop_.quit(); }); // only its reader's end wakes it
        }
        tell();
        tick_.set(current_time().mono + tick);
        loop_.run();
    }

  private:
    void take_terminal() {
        screen_.emplace();
        loop_.on_signal(SIGWINCH, [this] { show(); }); // there may be room for other keys
        loop_.on_signal(SIGTSTP, [this] {
            screen_->leave();
            (void)kill(getpid(), SIGSTOP); // returns when it is to go on
            screen_->enter();
            show();
        });
        if (isatty(STDIN_FILENO) == 1) {
            loop_.on_readable(STDIN_FILENO, [this] { typed(); });
        }
    }

    void typed() {
        std::array<char, 256> keys{};
        const ssize_t size = ::read(STDIN_FILENO, keys.data(), keys.size());
        const std::string_view text(keys.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
        if (size <= 0 || text.find_first_of("qQ") != std::string_view::npos) {
            loop_.quit();
        }
    }

    // What changes all the time is shown now and then, and read for a part of the time only.
    void stirred() {
        if (!soon_.armed()) {
            const MonoTime::duration pause = on_screen_ ? between_screens : between_reports;
            soon_.set(std::max(current_time().mono, read_at_ + std::max(pause, 3 * took_)));
        }
    }

    void time_passed() {
        tick_.set(current_time().mono + tick);
        const bool come = next_moment_ && *next_moment_ <= current_time().wall;
        upcoming_due_ = upcoming_due_ || come;
        if (come || !view_.trouble.empty()) {
            stirred();
        }
        state_.look();
        if (on_screen_ && !soon_.armed()) {
            draw();
        }
    }

    void show() {
        read();
        tell();
    }

    void tell() {
        if (on_screen_) {
            draw();
        } else {
            print_news();
        }
    }

    // A state that can't be read leaves what was read before.
    void read() {
        soon_.clear();
        const MonoTime begun = current_time().mono;
        state_.about_to_read();
        try {
            auto store = StateStore::open_reader(settings_.state);
            if (store) {
                read_from(*store);
                view_.trouble.clear();
            } else {
                view_.report.reset();
                upcoming_due_ = true;
                view_.trouble = settings_.state + ": there is no state yet, or no more; waiting for it";
            }
        } catch (const StateError& error) {
            if (!begun_) {
                throw;
            }
            view_.trouble = error.what();
        }
        read_at_ = current_time().mono;
        took_ = read_at_ - begun;
    }

    void read_from(StateStore& store) {
        const WallTime now = current_time().wall;
        StatusReport report = make_status_report(store, now);
        report.filtered = filter_.any();
        if (std::exchange(upcoming_due_, false)) {
            upcoming_ = upcoming_by_the_file(settings_.keys, filter_, store, now);
        }
        report.upcoming = upcoming_;
        note_next_moment(report);
        if (on_screen_) {
            view_.keys = pick_keys(keys_to_show(store, filter_, report), report, size().rows);
        } else {
            // Of another time nothing but what is told has changed.
            StatusReport timeless = report;
            timeless.generated_at = {};
            std::string content = render_status_json(timeless, keys_to_show(store, filter_, timeless));
            const std::size_t digest = std::hash<std::string>{}(content);
            if (std::exchange(digest_, digest) != digest) {
                news_ = rendered(report, keys_to_show(store, filter_, report));
            }
        }
        view_.report = std::move(report);
    }

    void note_next_moment(const StatusReport& report) {
        next_moment_ = report.suspension ? std::optional(report.suspension->until) : std::nullopt;
        for (const Upcoming& change : report.upcoming.value_or(std::vector<Upcoming>())) {
            next_moment_ = std::min(next_moment_.value_or(change.at), change.at);
        }
    }

    std::string rendered(const StatusReport& report, const KeySource& next) const {
        return line_.format == OutputFormat::json ? render_status_json(report, next, JsonLayout::one_line)
                                                  : render_status_text(report, next, color_);
    }

    void print_news() {
        if (view_.trouble != told_trouble_ && !view_.trouble.empty()) {
            std::cerr << "apikeyd: " << visible_text(view_.trouble) << std::endl;
        }
        told_trouble_ = view_.trouble;
        if (const std::string news = std::exchange(news_, {}); !news.empty()) {
            const bool apart = std::exchange(printed_, true) && line_.format == OutputFormat::text;
            print((apart ? "\n" : "") + news);
        }
    }

    TerminalSize size() const {
        const auto found = terminal_size(STDOUT_FILENO);
        return found && found->rows > 0 ? *found : usual_size;
    }

    void draw() {
        const WallTime now = current_time().wall;
        if (view_.report) {
            view_.report->generated_at = now;
        }
        const TerminalSize window = size();
        screen_->draw(status_screen(view_, now, window, color_), window);
    }

    const CommandLine& line_;
    const Settings& settings_;
    const StatusFilter& filter_;
    bool on_screen_;
    bool color_;
    bool begun_ = false;
    StatusView view_;
    std::optional<std::vector<Upcoming>> upcoming_;
    bool upcoming_due_ = true;
    std::optional<WallTime> next_moment_; // at which what is shown is no longer so, without a change
    MonoTime read_at_{};
    MonoTime::duration took_{};         // the last read: of a million keys, seconds
    std::optional<std::size_t> digest_; // of what was printed last
    std::string news_;                  // to be printed
    bool printed_ = false;
    std::string told_trouble_;

    EventLoop loop_;
    EventLoop::Timer soon_, tick_;
    StateWatch state_;
    FileWatcher keys_;
    std::optional<Screen> screen_; // last: the first to go, whatever ends this
};

} // namespace

void watch_status(const CommandLine& line, const Settings& settings, const StatusFilter& filter) {
    block_signals({SIGWINCH, SIGTSTP, SIGQUIT});
    StatusWatch(line, settings, filter).run();
}

} // namespace apikeyd
