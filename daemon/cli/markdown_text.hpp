// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace apikeyd {

// Pieces of GitHub Flavored Markdown (https://github.github.com/gfm/).

// The text as a code span, which is the one place where neither Markdown nor GitHub makes anything of it: no
// tag, no link, no @mention, no #reference. Characters that can't be seen are written
// out, and what is longer than `limit` code points is cut.
std::string code_span(std::string_view text, std::size_t limit = 100);
std::string code_span_in_table(std::string_view text, std::size_t limit = 100); // a pipe ends no cell

// Lines as a fenced block. `text` ends with a newline and has been through visible_text().
std::string code_block(const std::string& text);

// A table under a heading. Title and header are ours; the rows' cells have been escaped.
struct MarkdownTable {
    std::string title;
    std::vector<std::string> header;
    std::vector<std::string> rows; // "| a | b |", without a newline
};
std::string table_row(const std::vector<std::string>& cells);

// The tables one after the other: about so many rows of all are in sight, evenly from each, the others folded
// away; and what goes beyond `budget` bytes is left out, and how much that is gets said, with `elsewhere`:
// where to find it.
std::string fold_tables(const std::vector<MarkdownTable>& tables, std::size_t in_sight, std::size_t budget,
                        std::string_view elsewhere);

} // namespace apikeyd
