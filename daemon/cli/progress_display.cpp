// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/progress_display.hpp"

#include "daemon/cli/terminal.hpp"

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace apikeyd {

namespace {

constexpr std::chrono::milliseconds bar_interval{250};
constexpr std::chrono::seconds first_bar{1}; // what is over sooner needs none
constexpr std::chrono::seconds line_interval{10};
constexpr std::size_t usual_width = 80;

constexpr const char* clear_line = "\r\x1b[K";

} // namespace

ProgressForm progress_form(const CommandLine& line, const LogSettings& log) {
    if (line.quiet) {
        return ProgressForm::none;
    }
    if (can_redraw(STDERR_FILENO)) {
        return ProgressForm::bar;
    }
    const bool told_by_log = log.level <= LogLevel::info;
    const bool text = log.format.value_or(LogFormat::text) == LogFormat::text && !stderr_is_journal();
    return text && !told_by_log ? ProgressForm::lines : ProgressForm::none;
}

ProgressDisplay::ProgressDisplay(EventLoop& loop, ProgressForm form)
    : form_(form)
    , timer_(loop, [this] { tick(); }) {}

ProgressDisplay::~ProgressDisplay() {
    end();
}

Log::Sink ProgressDisplay::log_sink() {
    if (form_ != ProgressForm::bar) {
        return {};
    }
    // In one piece: a bar that goes and comes back would flicker.
    return [this](LogLevel, const std::string& line) {
        write_all(STDERR_FILENO, (bar_.empty() ? "" : clear_line) + line + "\n" + bar_);
    };
}

void ProgressDisplay::begin(std::function<std::optional<Progress>()> source) {
    if (form_ != ProgressForm::none) {
        source_ = std::move(source);
        begun_ = told_ = current_time().mono;
        timer_.set(begun_ + bar_interval);
    }
}

void ProgressDisplay::end() {
    timer_.clear();
    show("");
}

void ProgressDisplay::tick() {
    const MonoTime now = current_time().mono;
    timer_.set(now + bar_interval);
    const std::optional<Progress> progress = source_();
    if (!progress) {
        show("");
        return;
    }
    meter_.sample(progress->done, now);
    if (form_ == ProgressForm::lines) {
        if (now - told_ >= line_interval) {
            told_ = now;
            write_all(STDERR_FILENO, "apikeyd: " + progress_sentence(*progress, meter_.rate(), now) + "\n");
        }
    } else if (now - begun_ >= first_bar) {
        const auto size = terminal_size(STDERR_FILENO);
        const std::size_t width = size ? size->columns : usual_width;
        // Not into the last column, from which some terminals go on in the next line.
        show(progress_bar(*progress, meter_.rate(), now, std::max<std::size_t>(width, 2) - 1));
    }
}

void ProgressDisplay::show(const std::string& bar) {
    if (bar != bar_) {
        write_all(STDERR_FILENO, clear_line + bar);
        bar_ = bar;
    }
}

} // namespace apikeyd
