// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/drift_words.hpp"
#include "daemon/cli/markdown_text.hpp"

#include <fmt/format.h>

#include <string_view>

namespace apikeyd {

namespace {

// By this a workflow finds its comment again.
constexpr std::string_view marker = "<!-- apikeyd drift -->\n";

constexpr std::size_t rows_in_sight = 20;

// GitHub takes 65,536 characters. Bytes are never fewer than characters; some room is left for what a
// workflow puts before and after.
constexpr std::size_t budget = 60'000;

constexpr std::string_view all_of_it = "`apikeyd drift` shows all.";

std::string key_cell(const std::string& name, const KeyId& id) {
    const std::string known = name.empty() ? "(name not known)" : code_span_in_table(name);
    return known + "<br>" + code_span_in_table(id.to_string());
}

std::string change_cell(const Change& change) {
    std::string cell;
    for (const FieldChange& field : field_changes(change)) {
        cell += fmt::format("{}{}: {} → {}", cell.empty() ? "" : "<br>", field.field,
                            field.from ? code_span_in_table(*field.from) : "?", code_span_in_table(field.to));
    }
    return cell;
}

std::string source_cell(const std::string& file, std::uint32_t line) {
    const std::string source = source_of(file, line);
    return file.empty() ? source : code_span_in_table(source, 200);
}

MarkdownTable table_of(const DriftGroup& group, WallTime now) {
    MarkdownTable table{describe_group(group), {"", "key", "change", "reason", "evidence", "source"}, {}};
    for (const DriftReport::Item* item : group.items) {
        table.rows.push_back(
            table_row({code_span_in_table(sign_of(*item)), key_cell(item->name, item->change.id),
                       change_cell(item->change), describe_reason(item->change, now),
                       describe_evidence(*item, now), source_cell(item->file, item->line)}));
    }
    return table;
}

// `changes`: whether there is something that the file wants of the keys.
MarkdownTable table_of(const char* title, const char* sign, bool changes,
                       const std::vector<DriftReport::Note>& notes, WallTime now) {
    MarkdownTable table{
        fmt::format("{} ({})", title, notes.size()), {"", "key", "why", "evidence", "source"}, {}};
    if (changes) {
        table.header.insert(table.header.begin() + 2, "change");
    }
    for (const DriftReport::Note& note : notes) {
        const DriftReport::Item& item = note.item;
        std::vector<std::string> cells{code_span_in_table(sign), key_cell(item.name, item.change.id),
                                       code_span_in_table(describe_note(note, now), 200),
                                       describe_evidence(item, now), source_cell(item.file, item.line)};
        if (changes) {
            cells.insert(cells.begin() + 2, change_cell(item.change));
        }
        table.rows.push_back(table_row(cells));
    }
    return table;
}

MarkdownTable table_of(const std::vector<DriftReport::Upcoming>& upcoming, WallTime now) {
    MarkdownTable table{
        fmt::format("coming ({})", upcoming.size()), {"at", "", "action", "key", "source"}, {}};
    for (const DriftReport::Upcoming& coming : upcoming) {
        table.rows.push_back(table_row(
            {format_second(coming.at), describe_wait(coming.at, now), coming.enabled ? "enable" : "disable",
             key_cell(coming.name, coming.id), source_cell(coming.file, coming.line)}));
    }
    return table;
}

std::vector<MarkdownTable> tables_of(const DriftReport& report) {
    std::vector<MarkdownTable> tables;
    for (const DriftGroup& group : group_items(report)) {
        tables.push_back(table_of(group, report.generated_at));
    }
    tables.push_back(table_of("rejected", "x", true, report.rejected, report.generated_at));
    tables.push_back(
        table_of("in doubt, no longer managed", "?", false, report.unmanaged_doubt, report.generated_at));
    tables.push_back(table_of(report.upcoming, report.generated_at));
    std::erase_if(tables, [](const MarkdownTable& table) { return table.rows.empty(); });
    return tables;
}

std::string counts_table(const DriftReport& report) {
    const PlanCounts& counts = report.counts;
    return fmt::format("| managed | in sync | drifted | not seen yet | in doubt | rejected | held |\n"
                       "|--:|--:|--:|--:|--:|--:|--:|\n"
                       "| {} | {} | {} | {} | {} | {} | {} |\n",
                       counts.managed, counts.in_sync, counts.drifted, counts.unknown, counts.in_doubt,
                       counts.rejected, report.held);
}

// Boxes of GitHub's: https://docs.github.com/en/get-started/writing-on-github (alerts); elsewhere, quotes.
std::string alerts(const DriftReport& report) {
    std::string text;
    if (report.suspension) {
        const Suspension& pause = *report.suspension;
        text += fmt::format("\n> [!NOTE]\n> Suspended until {} ({}){}{}; nothing is sent.\n",
                            format_second(pause.until), describe_wait(pause.until, report.generated_at),
                            pause.by.empty() ? "" : " by " + code_span(pause.by),
                            pause.reason.empty() ? "" : ": " + code_span(pause.reason, 200));
    }
    if (!report.problems.empty()) {
        text += "\n> [!CAUTION]\n";
        for (std::size_t i = 0; i < report.problems.size() && i < rows_in_sight; ++i) {
            text += "> - " + code_span(report.problems[i], 200) + "\n";
        }
        if (report.problems.size() > rows_in_sight) {
            text += fmt::format("> - and {} more\n", report.problems.size() - rows_in_sight);
        }
    }
    if (const std::string held = describe_hold(report); !held.empty()) {
        text += fmt::format("\n> [!WARNING]\n> Held: {}.\n", held);
        if (const std::string digest = approval_digest(report); !digest.empty()) {
            const auto [daemon, pipeline] = approve_commands(digest);
            text += fmt::format("> Let them go with the daemon: {}; in a pipeline: {}.\n", code_span(daemon),
                                code_span(pipeline));
        }
    }
    return text;
}

std::string closing(const DriftReport& report) {
    std::string text = fmt::format("\n<sub>{} · revision {}", format_second(report.generated_at),
                                   code_span(report.revision.substr(0, 19)));
    if (report.commit) {
        const Commit& commit = *report.commit;
        text += fmt::format(" · commit {} by {}, {}: {}{}", code_span(commit.id.substr(0, 12)),
                            code_span(commit.author), describe_age(commit.authored_at, report.generated_at),
                            code_span(commit.subject, 200),
                            commit.uncommitted ? " (and edits that are not committed)" : "");
    }
    return text + "</sub>\n";
}

} // namespace

std::string render_drift_markdown(const DriftReport& report) {
    const std::string begin = std::string(marker) +
                              fmt::format("### API keys: {}\n\n", describe_verdict(report)) +
                              describe_summary(report) + ".\n\n" + counts_table(report) + alerts(report);
    const std::string end = closing(report);
    return begin +
           fold_tables(tables_of(report), rows_in_sight, budget - begin.size() - end.size(), all_of_it) + end;
}

std::string render_drift_errors_markdown(const std::vector<Diagnostic>& errors) {
    std::string lines;
    std::size_t shown = 0;
    for (; shown < errors.size(); ++shown) {
        std::string text = render_diagnostic(errors[shown], false);
        if (lines.size() + text.size() > budget / 2) { // a fence may be as long as what it holds
            break;
        }
        lines += text;
    }
    std::string text =
        std::string(marker) +
        fmt::format("### API keys: {}\n\nThere is no report without a file and a state that can be used.\n\n",
                    count_errors(errors));
    text += lines.empty() ? "" : code_block(lines);
    if (shown < errors.size()) {
        text += fmt::format("\nand {} more; `apikeyd validate` shows all.\n", errors.size() - shown);
    }
    return text;
}

} // namespace apikeyd
