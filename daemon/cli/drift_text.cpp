// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.hpp"
#include "daemon/cli/drift_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace apikeyd {

namespace {

// SGR codes of ECMA-48.
constexpr const char* bold = "1";
constexpr const char* green = "32";
constexpr const char* yellow = "33";
constexpr const char* red = "31";

// Columns beyond which a long name or value doesn't push the others further.
constexpr std::size_t widest_name = 40;
constexpr std::size_t widest_fields = 60;

std::string colored(const std::string& text, const char* code, bool color) {
    return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

const char* color_of(const Change& change) {
    if (!change.to.enabled) {
        return yellow;
    }
    return *change.to.enabled ? green : red;
}

const char* sign_of(const DriftReport::Item& item) {
    if (item.held) {
        return "!";
    }
    return item.change.reason == Reason::first_seen ? "+" : "~";
}

std::string shown_name(const std::string& name) {
    return name.empty() ? "(name not known)" : visible_text(name);
}

// "enabled: true -> false, name: 'a' -> 'b'"
std::string describe_fields(const Change& change) {
    std::vector<std::string> parts;
    if (change.to.enabled) {
        const std::string from = change.from.enabled ? fmt::format("{}", *change.from.enabled) : "?";
        parts.push_back(fmt::format("enabled: {} -> {}", from, *change.to.enabled));
    }
    if (change.to.name) {
        const std::string from = change.from.name ? visible_text(quote_text(*change.from.name)) : "?";
        parts.push_back(fmt::format("name: {} -> {}", from, visible_text(quote_text(*change.to.name))));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string describe_reason(const Change& change, WallTime now) {
    const std::string evidence = change.known.observed
                                     ? "answered " + describe_age(change.known.observed->observed_at, now)
                                     : "no answer yet";
    switch (change.reason) {
    case Reason::in_doubt:
        return fmt::format("in doubt, sent {} without an answer; before: {}",
                           describe_age(change.known.doubt.since, now), evidence);
    case Reason::first_seen:
        return "first seen, " + evidence;
    case Reason::removed:
        return "taken out of the file, " + evidence;
    case Reason::scheduled:
        return "its time has come, " + evidence;
    case Reason::changed:
    case Reason::look: // neither is planned: both come about while sending
    case Reason::resync:
        return "changed, " + evidence;
    }
    return evidence;
}

std::string padded(std::string text, std::size_t width) {
    const std::size_t used = count_code_points(text);
    return used < width ? text.append(width - used, ' ') : text;
}

// The texts of one line of the report.
struct Row {
    std::string sign, id, name, fields, reason, source;
};

Row row_of(const DriftReport::Item& item, WallTime now, bool color) {
    return {colored(sign_of(item), color_of(item.change), color),
            item.change.id.to_string(),
            shown_name(item.name),
            describe_fields(item.change),
            describe_reason(item.change, now),
            item.file.empty() ? "(not in the file)"
                              : fmt::format("{}:{}", visible_text(item.file), item.line)};
}

std::string align(const std::vector<Row>& rows) {
    std::size_t name_width = 0;
    std::size_t fields_width = 0;
    for (const Row& row : rows) {
        name_width = std::max(name_width, count_code_points(row.name));
        fields_width = std::max(fields_width, count_code_points(row.fields));
    }
    name_width = std::min(name_width, widest_name);
    fields_width = std::min(fields_width, widest_fields);
    std::string text;
    for (const Row& row : rows) {
        text += fmt::format("{} {}  {}  {}  {}  ({})\n", row.sign, row.id, padded(row.name, name_width),
                            padded(row.fields, fields_width), row.source, row.reason);
    }
    return text;
}

std::string note_lines(const std::vector<KeyNote>& notes, const std::string& sign, const char* what) {
    std::string text;
    for (const KeyNote& note : notes) {
        const std::string source = note.source.empty() ? "" : "  " + visible_text(note.source);
        text +=
            fmt::format("{} {}  {}{}{}\n", sign, note.id.to_string(), what, visible_text(note.why), source);
    }
    return text;
}

// Never 'in sync' without the age of what says so.
std::string summary_line(const DriftReport& report) {
    const PlanCounts& counts = report.counts;
    std::string line = fmt::format("{} managed key{}: {} in sync", counts.managed,
                                   counts.managed == 1 ? "" : "s", counts.in_sync);
    if (report.oldest_evidence) {
        line +=
            fmt::format(" (oldest answer {})", describe_age(*report.oldest_evidence, report.generated_at));
    }
    for (const auto& [count, what] :
         {std::pair{counts.drifted, "drifted"}, std::pair{counts.unknown, "not seen yet"},
          std::pair{counts.in_doubt, "in doubt"}, std::pair{counts.rejected, "rejected"}}) {
        if (count > 0) {
            line += fmt::format(", {} {}", count, what);
        }
    }
    return line;
}

std::string hold_lines(const DriftReport& report) {
    if (report.held == 0) {
        return {};
    }
    std::string text = fmt::format("held: {}{} disables are more than may go without approval",
                                   report.unseen_disables > 0 ? "up to " : "", report.held);
    if (!report.hold_digest.empty()) {
        text += fmt::format("; let them go with: apikeyd approve {}",
                            report.hold_digest.substr(report.hold_digest.find(':') + 1, 12));
    }
    return text + "\n";
}

} // namespace

std::string render_drift_text(const DriftReport& report, bool color) {
    std::vector<Row> rows;
    for (const DriftReport::Item& item : report.items) {
        rows.push_back(row_of(item, report.generated_at, color));
    }
    return align(rows) + note_lines(report.rejected, colored("x", red, color), "rejected: ") +
           note_lines(report.unmanaged_doubt, colored("?", yellow, color), "") +
           colored(summary_line(report), bold, color) + "\n" + colored(hold_lines(report), red, color);
}

} // namespace apikeyd
