// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/progress.hpp"

#include "daemon/cli/text_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

constexpr std::chrono::seconds looked_back{10};
constexpr std::size_t narrowest_bar = 10; // columns between the brackets
constexpr std::size_t widest_bar = 30;

unsigned percent_of(const Progress& progress) {
    return progress.total == 0 ? 0 : static_cast<unsigned>(progress.done * 100 / progress.total);
}

std::string describe_rate(double rate) {
    return rate < 10 ? fmt::format("{:.1f}/s", rate) : fmt::format("{:.0f}/s", rate);
}

std::string describe_duration(std::uint64_t seconds) {
    if (seconds < 120) {
        return fmt::format("{} s", seconds);
    }
    return seconds < 2 * 3600 ? fmt::format("{} min", seconds / 60) : fmt::format("{} h", seconds / 3600);
}

// What there is to do still, at this rate; empty: that can't be told.
std::string describe_left(const Progress& progress, std::optional<double> rate) {
    const std::uint64_t open = progress.total - std::min(progress.total, progress.done + progress.held);
    if (!rate || open == 0 || progress.paused_until || progress.unavailable) {
        return "";
    }
    return describe_duration(static_cast<std::uint64_t>(std::ceil(static_cast<double>(open) / *rate))) +
           " left";
}

// Why nothing goes on; empty: it does.
std::string describe_stop(const Progress& progress, MonoTime now) {
    if (progress.paused_until) {
        const auto wait = std::chrono::ceil<std::chrono::seconds>(*progress.paused_until - now).count();
        return fmt::format("paused by the API for {}",
                           describe_duration(static_cast<std::uint64_t>(std::max<std::int64_t>(wait, 0))));
    }
    return progress.unavailable ? "the API doesn't answer" : "";
}

std::string counted_as(std::uint64_t count, std::string_view what) {
    return count == 0 ? "" : fmt::format("{} {}", count, what);
}

std::string drawn_bar(const Progress& progress, std::size_t width) {
    const auto filled = progress.total == 0
                            ? std::size_t{0}
                            : static_cast<std::size_t>(progress.done * width / progress.total);
    std::string bar = std::string(filled, '=');
    if (filled < width) {
        bar += '>' + std::string(width - filled - 1, ' ');
    }
    return " [" + bar + "]";
}

} // namespace

void ProgressMeter::sample(std::uint64_t done, MonoTime now) {
    if (!samples_.empty() && done < samples_.back().done) {
        samples_.clear();
    }
    samples_.push_back({now, done});
    while (samples_.size() > 2 && samples_[1].at <= now - looked_back) {
        samples_.pop_front();
    }
}

std::optional<double> ProgressMeter::rate() const {
    if (samples_.empty() || samples_.back().done == samples_.front().done ||
        samples_.back().at <= samples_.front().at) {
        return std::nullopt;
    }
    const std::chrono::duration<double> time = samples_.back().at - samples_.front().at;
    return static_cast<double>(samples_.back().done - samples_.front().done) / time.count();
}

std::string progress_bar(const Progress& progress, std::optional<double> rate, MonoTime now,
                         std::size_t width) {
    std::string line = fmt::format("{}/{}", progress.done, progress.total);
    const std::string head = progress.looking ? "looked at " : "done ";
    struct Part {
        std::string text;
        bool shown = false;
    };
    std::array<Part, 8> parts; // as they stand in the line
    auto& [percent, speed, left, retrying, rejected, failed, held, stop] = parts;
    percent.text = fmt::format("{} %", percent_of(progress));
    speed.text = rate && *rate > 0 ? describe_rate(*rate) : "";
    left.text = describe_left(progress, rate);
    retrying.text = counted_as(progress.retrying, "to retry");
    rejected.text = counted_as(progress.rejected, "rejected");
    failed.text = counted_as(progress.failed, "failed");
    held.text = counted_as(progress.held, "held");
    stop.text = describe_stop(progress, now);

    std::size_t used = line.size();
    for (Part* part : {&stop, &percent, &left, &failed, &rejected, &held, &retrying, &speed}) { // by weight
        part->shown = !part->text.empty() && used + 2 + part->text.size() <= width;
        used += part->shown ? 2 + part->text.size() : 0;
    }
    if (used + head.size() <= width) {
        line.insert(0, head);
        used += head.size();
    }
    if (used + 3 + narrowest_bar <= width) {
        line += drawn_bar(progress, std::min(width - used - 3, widest_bar));
    }
    for (const Part& part : parts) {
        line += part.shown ? ", " + part.text : "";
    }
    return clipped(line, width);
}

std::string progress_sentence(const Progress& progress, std::optional<double> rate, MonoTime now) {
    std::string sentence = fmt::format(
        "{} {} of {} keys", progress.looking ? "looked at" : "done:", progress.done, progress.total);
    const std::string left = describe_left(progress, rate);
    for (const std::string& part :
         {rate && *rate > 0 ? describe_rate(*rate) : std::string(), left.empty() ? "" : "about " + left,
          counted_as(progress.retrying, "to retry"), counted_as(progress.rejected, "rejected"),
          counted_as(progress.failed, "failed"), counted_as(progress.held, "held"),
          describe_stop(progress, now)}) {
        sentence += part.empty() ? "" : ", " + part;
    }
    return sentence;
}

} // namespace apikeyd
