// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.hpp"
#include "daemon/cli/color.hpp"
#include "daemon/cli/drift_words.hpp"

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

// Columns beyond which a long text doesn't push the others further.
constexpr std::size_t widest = 60;

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

std::size_t columns(const std::string& text) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = decode_utf8(text, at);
        width += static_cast<std::size_t>(display_width(point.value));
        at += point.size;
    }
    return width;
}

std::string padded(std::string text, std::size_t width) {
    const std::size_t used = columns(text);
    return used < width ? text.append(width - used, ' ') : text;
}

// Lines under one heading. The cells stand in columns; the last is as long as it likes.
class Table {
  public:
    using Cells = std::vector<std::string>;

    void add(std::string sign, Cells cells) { rows_.emplace_back(std::move(sign), std::move(cells)); }

    // The signs may be coloured, and take one column.
    std::string text(const std::vector<std::size_t>& widths) const {
        std::string text;
        for (const auto& [sign, cells] : rows_) {
            text += sign + " ";
            for (std::size_t i = 0; i + 1 < cells.size(); ++i) {
                text += padded(cells[i], widths[i]) + "  ";
            }
            text += cells.back() + "\n";
        }
        return text;
    }

    void widen(std::vector<std::size_t>& widths) const {
        for (const auto& [sign, cells] : rows_) {
            widths.resize(std::max(widths.size(), cells.size()));
            for (std::size_t i = 0; i < cells.size(); ++i) {
                widths[i] = std::max(widths[i], std::min(columns(cells[i]), widest));
            }
        }
    }

    std::string text() const {
        std::vector<std::size_t> widths;
        widen(widths);
        return text(widths);
    }

    bool empty() const noexcept { return rows_.empty(); }

  private:
    std::vector<std::pair<std::string, Cells>> rows_;
};

Table table_of(const DriftGroup& group, WallTime now, bool color) {
    Table table;
    for (const DriftReport::Item* item : group.items) {
        table.add(colored(std::string(sign_of(*item)), color_of(item->change), color),
                  {item->change.id.to_string(), shown_name(item->name), describe_fields(item->change),
                   visible_text(source_of(item->file, item->line)), describe_reason(item->change, now),
                   describe_evidence(*item, now)});
    }
    return table;
}

// The columns of all groups line up.
std::string change_lines(const DriftReport& report, bool color) {
    const std::vector<DriftGroup> groups = group_items(report);
    std::vector<Table> tables;
    std::vector<std::size_t> widths;
    for (const DriftGroup& group : groups) {
        tables.push_back(table_of(group, report.generated_at, color));
        tables.back().widen(widths);
    }
    std::string text;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        text += colored(describe_group(groups[i]), bold, color) + "\n" + tables[i].text(widths) + "\n";
    }
    return text;
}

std::string section(const std::string& title, std::size_t count, const Table& table, bool color) {
    return table.empty()
               ? ""
               : colored(fmt::format("{} ({})", title, count), bold, color) + "\n" + table.text() + "\n";
}

std::string note_lines(const char* title, const std::vector<DriftReport::Note>& notes,
                       const std::string& sign, WallTime now, bool color) {
    Table table;
    for (const DriftReport::Note& note : notes) {
        const DriftReport::Item& item = note.item;
        std::vector<std::string> cells{item.change.id.to_string(), shown_name(item.name)};
        if (!item.change.to.empty()) {
            cells.push_back(describe_fields(item.change));
        }
        cells.insert(cells.end(), {visible_text(source_of(item.file, item.line)),
                                   describe_evidence(item, now), visible_text(describe_note(note, now))});
        table.add(sign, std::move(cells));
    }
    return section(title, notes.size(), table, color);
}

std::string upcoming_lines(const DriftReport& report, bool color) {
    Table table;
    for (const DriftReport::Upcoming& coming : report.upcoming) {
        table.add(colored(">", dim, color),
                  {format_second(coming.at), coming.enabled ? "enable" : "disable", coming.id.to_string(),
                   shown_name(coming.name), visible_text(source_of(coming.file, coming.line)),
                   describe_wait(coming.at, report.generated_at)});
    }
    return section("coming", report.upcoming.size(), table, color);
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
    const std::string command = approve_command(report);
    return held.empty()
               ? ""
               : fmt::format("held: {}{}{}\n", held, command.empty() ? "" : "; let them go with: ", command);
}

} // namespace

std::string render_drift_text(const DriftReport& report, bool color) {
    return change_lines(report, color) +
           note_lines("rejected", report.rejected, colored("x", red, color), report.generated_at, color) +
           note_lines("in doubt, no longer managed", report.unmanaged_doubt, colored("?", yellow, color),
                      report.generated_at, color) +
           upcoming_lines(report, color) + colored(commit_line(report), dim, color) +
           colored(suspension_line(report), yellow, color) + colored(hold_line(report), red, color) +
           colored(problem_lines(report), red, color) + colored(describe_summary(report), bold, color) + "\n";
}

} // namespace apikeyd
