// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/status_text.hpp"

#include "config/utf8.hpp"
#include "daemon/cli/color.hpp"
#include "daemon/cli/text_columns.hpp"
#include "daemon/runtime/digest.hpp"
#include "daemon/status/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace apikeyd {

namespace {

// Lines whose second and third cell are padded once the widest is known. There may be a million of them: what
// is kept of each is where it is.
class KeyLines {
  public:
    explicit KeyLines(std::size_t widest_name)
        : widest_name_(widest_name) {}

    void add(const std::string& head, const std::string& name, const std::string& answer,
             const std::string& rest) {
        text_ += head + name;
        mark(names_, name, widest_name_);
        text_ += "  " + answer;
        if (!rest.empty()) {
            mark(answers_, answer, widest_column);
            text_ += "  " + rest;
        }
        text_ += "\n";
    }

    std::string text() const {
        std::string padded;
        std::size_t copied = 0;
        auto answer = answers_.gaps.begin();
        const auto fill = [&](const Gap& gap, std::size_t width) {
            padded.append(text_, copied, gap.at - copied);
            padded.append(width > gap.used ? width - gap.used : 0, ' ');
            copied = gap.at;
        };
        for (std::size_t i = 0; i < names_.gaps.size(); ++i) {
            fill(names_.gaps[i], names_.width);
            const bool last = i + 1 == names_.gaps.size();
            if (answer != answers_.gaps.end() && (last || answer->at < names_.gaps[i + 1].at)) {
                fill(*answer++, answers_.width);
            }
        }
        return padded.append(text_, copied);
    }

  private:
    struct Gap {
        std::size_t at; // in the text: behind the cell
        std::size_t used;
    };
    struct Column {
        std::vector<Gap> gaps;
        std::size_t width = 0;
    };

    void mark(Column& column, const std::string& cell, std::size_t widest) const {
        const std::size_t used = columns(cell);
        column.gaps.push_back({text_.size(), used});
        column.width = std::max(column.width, std::min(used, widest));
    }

    std::size_t widest_name_;
    std::string text_;
    Column names_;
    Column answers_;
};

std::string troubles_of(const KnownKey& key, bool held, WallTime now, bool color) {
    std::vector<std::string> troubles;
    if (key.doubt.any()) {
        const char* fields = key.doubt.name && key.doubt.enabled ? "name and enabled"
                             : key.doubt.name                    ? "name"
                                                                 : "enabled";
        troubles.push_back(fmt::format("{}: {}, sent {}", colored("IN DOUBT", sgr::yellow, color), fields,
                                       describe_age(key.doubt.since, now)));
    }
    if (key.rejection) {
        troubles.push_back(fmt::format("{} {}: {}", colored("REJECTED", sgr::red, color),
                                       describe_age(key.rejection->at, now),
                                       visible_text(key.rejection->why)));
    }
    if (held) {
        troubles.push_back(colored("HELD", sgr::red, color));
    }
    return fmt::format("{}", fmt::join(troubles, "  "));
}

void add_key(KeyLines& lines, const KnownKey& key, bool held, WallTime now, bool color) {
    const std::string troubles = troubles_of(key, held, now, color);
    if (key.observed) {
        lines.add(
            fmt::format("{}  {:<8}  ", key.id.to_string(), key.observed->enabled ? "enabled" : "disabled"),
            visible_text(quote_text(key.observed->name)),
            "answered " + describe_age(key.observed->observed_at, now), troubles);
    } else {
        lines.add(fmt::format("{}  {:<8}  ", key.id.to_string(), "?"), "", "never answered", troubles);
    }
}

std::string held_line(const HeldPlan& plan, WallTime now, bool color) {
    if (plan.approved_at) {
        return fmt::format("approved {}: {} disables, {}", describe_age(*plan.approved_at, now),
                           plan.ids.size(), plan.digest);
    }
    std::string lines = approve_lines(plan.digest);
    lines.pop_back();
    return fmt::format("{}, begun {}: {}; {}", colored("HELD", sgr::red, color),
                       describe_age(plan.since, now), visible_text(plan.why), lines);
}

std::string suspension_line(const Suspension& suspension, WallTime now, bool color) {
    return fmt::format("{} until {}, begun {}{}{}: nothing is sent", colored("SUSPENDED", sgr::red, color),
                       format_rfc3339(suspension.until), describe_age(suspension.since, now),
                       suspension.by.empty() ? "" : " by " + visible_text(suspension.by),
                       suspension.reason.empty() ? "" : " (" + visible_text(suspension.reason) + ")");
}

std::string upcoming_line(const Upcoming& change, WallTime now) {
    return fmt::format("coming: {} ({})  {}  {}  {}  {}", format_second(change.at),
                       describe_wait(change.at, now), change.enabled ? "enable" : "disable",
                       change.id.to_string(), visible_text(quote_text(change.name)),
                       visible_text(source_of(change.file, change.line)));
}

std::string last_line(const ReconciliationEntry& entry, WallTime now) {
    return fmt::format(
        "last reconciliation: #{}, {}, begun {}: {} planned, {} applied, {} rejected, {} failed, {} held; "
        "revision {}",
        entry.seq, entry.finished_at ? entry.result : "not finished", describe_age(entry.started_at, now),
        entry.planned, entry.applied, entry.rejected, entry.failed, entry.held, short_digest(entry.revision));
}

} // namespace

StatusWords status_words(const StatusReport& report, bool color) {
    const WallTime now = report.generated_at;
    StatusWords words;
    words.counts = fmt::format("{} known, {} in doubt, {} rejected", report.counts.known,
                               report.counts.in_doubt, report.counts.rejected);
    if (report.suspension) {
        words.suspension = suspension_line(*report.suspension, now, color);
    }
    if (report.held) {
        words.held = held_line(*report.held, now, color);
    }
    if (!report.upcoming) {
        words.coming = {"coming: not known, the desired file can't be read; see `apikeyd validate`"};
    } else {
        for (const Upcoming& change : *report.upcoming) {
            words.coming.push_back(upcoming_line(change, now));
        }
    }
    if (report.last) {
        words.last = last_line(*report.last, now);
    }
    return words;
}

std::string render_status_keys(const StatusReport& report, const KeySource& next, bool color,
                               std::size_t widest_name) {
    KeyLines keys(widest_name);
    while (const KnownKey* key = next()) {
        add_key(keys, *key, report.holds(key->id), report.generated_at, color);
    }
    return keys.text();
}

std::string render_status_text(const StatusReport& report, const KeySource& next, bool color) {
    std::string text = render_status_keys(report, next, color, widest_column);
    if (text.empty() && report.filtered) {
        text = "no such key\n";
    }
    const StatusWords words = status_words(report, color);
    for (const std::string* line : {&words.counts, &words.suspension, &words.held}) {
        text += line->empty() ? "" : *line + "\n";
    }
    for (const std::string& line : words.coming) {
        text += line + "\n";
    }
    return text + (words.last.empty() ? "" : words.last + "\n");
}

} // namespace apikeyd
