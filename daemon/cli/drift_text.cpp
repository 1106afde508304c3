// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.hpp"
#include "daemon/cli/color.hpp"
#include "daemon/cli/drift_words.hpp"
#include "daemon/cli/text_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace apikeyd {

namespace {

using sgr::bold;
using sgr::dim;
using sgr::green;
using sgr::red;
using sgr::yellow;

const char* color_of(const Change& change) {
    if (!change.to.enabled) {
        return yellow;
    }
    return *change.to.enabled ? green : red;
}

std::string shown_name(const std::string& name) {
    return name.empty() ? "(name not known)" : visible_text(name);
}

// "enabled: true -> false, name: 'a' -> 'b'"
std::string describe_fields(const Change& change) {
    std::vector<std::string> parts;
    for (const FieldChange& field : field_changes(change)) {
        const auto shown = [&](const std::string& value) {
            return field.is_text ? visible_text(quote_text(value)) : value;
        };
        parts.push_back(
            fmt::format("{}: {} -> {}", field.field, field.from ? shown(*field.from) : "?", shown(field.to)));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

RowTable table_of(const DriftGroup& group, WallTime now, bool color) {
    RowTable table;
    for (const DriftReport::Item* item : group.items) {
        table.add({colored(std::string(sign_of(*item)), color_of(item->change), color),
                   {item->change.id.to_string(), shown_name(item->name)},
                   {describe_fields(item->change)},
                   {visible_text(source_of(item->file, item->line)), describe_reason(item->change, now),
                    describe_evidence(*item, now)}});
    }
    return table;
}

RowTable table_of(const std::vector<DriftReport::Note>& notes, const std::string& sign, WallTime now) {
    RowTable table;
    for (const DriftReport::Note& note : notes) {
        const DriftReport::Item& item = note.item;
        const RowTable::Cells change =
            item.change.to.empty() ? RowTable::Cells{} : RowTable::Cells{describe_fields(item.change)};
        table.add({sign,
                   {item.change.id.to_string(), shown_name(item.name)},
                   change,
                   {visible_text(source_of(item.file, item.line)), describe_evidence(item, now),
                    visible_text(describe_note(note, now))}});
    }
    return table;
}

RowTable table_of(const std::vector<DriftReport::Upcoming>& upcoming, WallTime now, bool color) {
    RowTable table;
    for (const DriftReport::Upcoming& coming : upcoming) {
        table.add({colored(">", dim, color),
                   {format_second(coming.at), coming.enabled ? "enable" : "disable", coming.id.to_string(),
                    shown_name(coming.name)},
                   {},
                   {visible_text(source_of(coming.file, coming.line)), describe_wait(coming.at, now)}});
    }
    return table;
}

// A table under its heading.
struct Section {
    std::string title;
    RowTable table;
    std::vector<std::size_t> widths;
};

// The columns of all changes line up, of whatever kind they are.
std::vector<Section> sections_of(const DriftReport& report, bool color) {
    const WallTime now = report.generated_at;
    std::vector<Section> sections;
    std::vector<std::size_t> widths;
    for (const DriftGroup& group : group_items(report)) {
        sections.push_back({describe_group(group), table_of(group, now, color), {}});
        sections.back().table.widen(widths);
    }
    for (Section& section : sections) {
        section.widths = widths;
    }
    const auto add = [&](const char* title, std::size_t count, RowTable table) {
        if (count > 0) {
            widths = table.widths();
            sections.push_back({fmt::format("{} ({})", title, count), std::move(table), widths});
        }
    };
    add("rejected", report.rejected.size(), table_of(report.rejected, colored("x", red, color), now));
    add("in doubt, no longer managed", report.unmanaged_doubt.size(),
        table_of(report.unmanaged_doubt, colored("?", yellow, color), now));
    add("coming", report.upcoming.size(), table_of(report.upcoming, now, color));
    return sections;
}

// The first layout in which the rows fit; the last where none is narrow enough.
RowLayout layout_for(const std::vector<Section>& sections, std::optional<std::size_t> width) {
    for (const RowLayout layout : {RowLayout::one_line, RowLayout::two_lines}) {
        const auto fits = [&](const Section& section) {
            return section.table.needed(layout, section.widths) <= *width;
        };
        if (!width || std::ranges::all_of(sections, fits)) {
            return layout;
        }
    }
    return RowLayout::three_lines;
}

std::string rows_of(const DriftReport& report, bool color, std::optional<std::size_t> width) {
    const std::vector<Section> sections = sections_of(report, color);
    const RowLayout layout = layout_for(sections, width);
    std::string text;
    for (const Section& section : sections) {
        text += colored(section.title, bold, color) + "\n" +
                section.table.text(layout, section.widths, width) + "\n";
    }
    return text;
}

std::string commit_line(const DriftReport& report) {
    if (!report.commit) {
        return {};
    }
    const Commit& commit = *report.commit;
    return fmt::format("commit {} by {}, {}: {}{}\n", visible_text(commit.id.substr(0, 12)),
                       visible_text(commit.author), describe_age(commit.authored_at, report.generated_at),
                       visible_text(commit.subject),
                       commit.uncommitted ? " (and edits that are not committed)" : "");
}

std::string suspension_line(const DriftReport& report) {
    if (!report.suspension) {
        return {};
    }
    const Suspension& pause = *report.suspension;
    return fmt::format("suspended until {} ({}){}{}; nothing is sent\n", format_second(pause.until),
                       describe_wait(pause.until, report.generated_at),
                       pause.by.empty() ? "" : " by " + visible_text(pause.by),
                       pause.reason.empty() ? "" : ": " + visible_text(pause.reason));
}

std::string problem_lines(const DriftReport& report) {
    std::string text;
    for (const std::string& problem : report.problems) {
        text += "error: " + visible_text(problem) + "\n";
    }
    return text;
}

std::string hold_line(const DriftReport& report) {
    const std::string held = describe_hold(report);
    const std::string digest = approval_digest(report);
    return held.empty()
               ? ""
               : fmt::format("held: {}{}", held, digest.empty() ? "\n" : "; " + approve_lines(digest));
}

// Each line by itself; what is broken off is indented.
std::string wrapped_lines(const std::string& lines, std::optional<std::size_t> width) {
    std::string text;
    for (std::size_t start = 0; width && start < lines.size();) {
        const std::size_t end = std::min(lines.find('\n', start), lines.size());
        text += wrapped(lines.substr(start, end - start), *width, 2) + (end < lines.size() ? "\n" : "");
        start = end + 1;
    }
    return width ? text : lines;
}

} // namespace

std::string render_drift_text(const DriftReport& report, bool color, std::optional<std::size_t> width) {
    const auto paragraph = [&](const std::string& lines, const char* code) {
        return colored(wrapped_lines(lines, width), code, color);
    };
    return rows_of(report, color, width) + paragraph(commit_line(report), dim) +
           paragraph(suspension_line(report), yellow) + paragraph(hold_line(report), red) +
           paragraph(problem_lines(report), red) + paragraph(describe_summary(report), bold) + "\n";
}

} // namespace apikeyd
