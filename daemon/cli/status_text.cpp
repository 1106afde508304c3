// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/status_text.hpp"
#include "config/utf8.hpp"
#include "daemon/cli/color.hpp"
#include "daemon/cli/drift_report.hpp"
#include "daemon/cli/drift_words.hpp"
#include "daemon/cli/text_columns.hpp"
#include "daemon/runtime/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace apikeyd {

namespace {

// Lines whose second and third cell are padded once the widest is known. There may be a million of them: what
// is kept of each is where it is.
class KeyLines {
  public:
    void add(const std::string& head, const std::string& name, const std::string& answer,
             const std::string& rest) {
        text_ += head + name;
        mark(names_, name);
        text_ += "  " + answer;
        if (!rest.empty()) {
            mark(answers_, answer);
            text_ += "  " + rest;
        }
        text_ += "\n";
    }

    bool empty() const noexcept { return text_.empty(); }

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

    void mark(Column& column, const std::string& cell) const {
        const std::size_t used = columns(cell);
        column.gaps.push_back({text_.size(), used});
        column.width = std::max(column.width, std::min(used, widest_column));
    }

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
        return fmt::format("approved {}: {} disables, {}\n", describe_age(*plan.approved_at, now),
                           plan.ids.size(), plan.digest);
    }
    return fmt::format("{}, begun {}: {}; {}", colored("HELD", sgr::red, color),
                       describe_age(plan.since, now), visible_text(plan.why), approve_lines(plan.digest));
}

std::string suspension_line(const Suspension& suspension, WallTime now, bool color) {
    return fmt::format("{} until {}, begun {}{}{}: nothing is sent\n", colored("SUSPENDED", sgr::red, color),
                       format_rfc3339(suspension.until), describe_age(suspension.since, now),
                       suspension.by.empty() ? "" : " by " + visible_text(suspension.by),
                       suspension.reason.empty() ? "" : " (" + visible_text(suspension.reason) + ")");
}

std::string upcoming_line(const Upcoming& change, WallTime now) {
    return fmt::format("coming: {} ({})  {}  {}  {}  {}\n", format_second(change.at),
                       describe_wait(change.at, now), change.enabled ? "enable" : "disable",
                       change.id.to_string(), visible_text(quote_text(change.name)),
                       visible_text(source_of(change.file, change.line)));
}

std::string last_line(const ReconciliationEntry& entry, WallTime now) {
    return fmt::format(
        "last reconciliation: #{}, {}, begun {}: {} planned, {} applied, {} rejected, {} failed, {} held; "
        "revision {}\n",
        entry.seq, entry.finished_at ? entry.result : "not finished", describe_age(entry.started_at, now),
        entry.planned, entry.applied, entry.rejected, entry.failed, entry.held, short_digest(entry.revision));
}

} // namespace

std::string render_status_text(const StatusReport& report, const KeySource& next, bool color) {
    const WallTime now = report.generated_at;
    KeyLines keys;
    while (const KnownKey* key = next()) {
        add_key(keys, *key, report.holds(key->id), now, color);
    }
    std::string text = keys.empty() && report.filtered ? "no such key\n" : keys.text();
    text += fmt::format("{} known, {} in doubt, {} rejected\n", report.counts.known, report.counts.in_doubt,
                        report.counts.rejected);
    if (report.suspension) {
        text += suspension_line(*report.suspension, now, color);
    }
    if (report.held) {
        text += held_line(*report.held, now, color);
    }
    if (!report.upcoming) {
        text += "coming: not known, the desired file can't be read; see `apikeyd validate`\n";
    } else {
        for (const Upcoming& change : *report.upcoming) {
            text += upcoming_line(change, now);
        }
    }
    if (report.last) {
        text += last_line(*report.last, now);
    }
    return text;
}

} // namespace apikeyd
