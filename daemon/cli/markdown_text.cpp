// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/markdown_text.hpp"

#include "config/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace apikeyd {

namespace {

// What a fold and its last words take besides the rows.
constexpr std::size_t fold_size = 400;

std::size_t longest_run(std::string_view text, char of) {
    std::size_t longest = 0;
    std::size_t run = 0;
    for (const char one : text) {
        run = one == of ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    return longest;
}

std::string cut(std::string_view text, std::size_t limit) {
    std::size_t end = 0;
    for (std::size_t count = 0; end < text.size() && count < limit; ++count) {
        end += decode_utf8(text, end).size;
    }
    return std::string(text.substr(0, end)) + (end < text.size() ? "…" : "");
}

std::string shown_text(std::string_view text, std::size_t limit) {
    return cut(visible_text(text), limit);
}

std::string span_of(std::string_view text) {
    const std::string fence(longest_run(text, '`') + 1, '`');
    // A space on both sides is taken off again, but of a span of spaces alone.
    const auto bare = [](char c) { return c == '`' || c == ' '; };
    const bool padded =
        (bare(text.front()) || bare(text.back())) && text.find_first_not_of(' ') != std::string_view::npos;
    const char* pad = padded ? " " : "";
    return fmt::format("{}{}{}{}{}", fence, pad, text, pad, fence);
}

// In a table a pipe needs a backslash, inside of spans too.
std::string escape_pipes(const std::string& span) {
    std::string result;
    for (const char one : span) {
        result += one == '|' ? "\\|" : std::string(1, one);
    }
    return result;
}

std::string head_of(const MarkdownTable& table) {
    std::string line = "|";
    for (std::size_t i = 0; i < table.header.size(); ++i) {
        line += "---|";
    }
    return table_row(table.header) + "\n" + line + "\n";
}

// How many rows of each table are in sight: one of each in turn, until there are enough.
std::vector<std::size_t> rows_in_sight(const std::vector<MarkdownTable>& tables, std::size_t enough) {
    std::vector<std::size_t> shown(tables.size(), 0);
    std::size_t total = 0;
    for (bool more = true; more && total < enough;) {
        more = false;
        for (std::size_t i = 0; i < tables.size(); ++i) {
            if (shown[i] < tables[i].rows.size()) {
                ++shown[i];
                ++total;
                more = true;
            }
        }
    }
    return shown;
}

// Rows `from` to `to`, as many as fit; `from` moves on to the first that doesn't.
std::string take_rows(const MarkdownTable& table, std::size_t& from, std::size_t to, std::size_t& left) {
    std::string text;
    for (; from < to && table.rows[from].size() + 1 <= left; ++from) {
        text += table.rows[from] + "\n";
        left -= table.rows[from].size() + 1;
    }
    return text;
}

// One table within its share.
std::string fold_table(const MarkdownTable& table, std::size_t in_sight, std::size_t share,
                       std::string_view elsewhere) {
    const std::string head = head_of(table);
    const std::size_t fixed = table.title.size() + 2 * head.size() + fold_size;
    std::size_t left = share > fixed ? share - fixed : 0;
    std::size_t next = 0;
    std::string text = fmt::format("\n#### {}\n\n{}", table.title, head);
    text += take_rows(table, next, in_sight, left);
    if (next == in_sight && next < table.rows.size()) {
        const std::size_t folded = table.rows.size() - next;
        const std::string rest = take_rows(table, next, table.rows.size(), left);
        if (!rest.empty()) {
            text += fmt::format("\n<details><summary>and {} more</summary>\n\n{}{}\n</details>\n", folded,
                                head, rest);
        }
    }
    if (next < table.rows.size()) {
        text +=
            fmt::format("\nand {} more that find no room here; {}\n", table.rows.size() - next, elsewhere);
    }
    return text;
}

} // namespace

std::string code_span(std::string_view text, std::size_t limit) {
    return text.empty() ? "" : span_of(shown_text(text, limit));
}

std::string code_span_in_table(std::string_view text, std::size_t limit) {
    if (text.empty()) {
        return {};
    }
    const std::string shown = shown_text(text, limit);
    // Where a backslash meets a pipe, readers of tables disagree on what is escaped: the two are kept apart
    // by a comment, which isn't seen.
    std::string result;
    std::size_t start = 0;
    for (std::size_t at = shown.find("\\|"); at != std::string::npos; at = shown.find("\\|", start)) {
        result += escape_pipes(span_of(std::string_view(shown).substr(start, at + 1 - start))) + "<!-- -->";
        start = at + 1;
    }
    return result + escape_pipes(span_of(std::string_view(shown).substr(start)));
}

std::string code_block(const std::string& text) {
    const std::string fence(std::max<std::size_t>(longest_run(text, '`') + 1, 3), '`');
    return fence + "text\n" + text + fence + "\n";
}

std::string table_row(const std::vector<std::string>& cells) {
    return fmt::format("| {} |", fmt::join(cells, " | "));
}

std::string fold_tables(const std::vector<MarkdownTable>& tables, std::size_t in_sight, std::size_t budget,
                        std::string_view elsewhere) {
    const std::vector<std::size_t> shown = rows_in_sight(tables, in_sight);
    std::string text;
    for (std::size_t i = 0; i < tables.size(); ++i) {
        const std::size_t left = budget > text.size() ? budget - text.size() : 0;
        text += fold_table(tables[i], shown[i], left / (tables.size() - i), elsewhere);
    }
    return text;
}

} // namespace apikeyd
