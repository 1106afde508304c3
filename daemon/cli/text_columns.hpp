// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace apikeyd {

// Text in columns for a terminal. Pure; what comes in has been through visible_text(), and may have been
// coloured after that.

// Columns beyond which a long text doesn't push the others further.
inline constexpr std::size_t widest_column = 60;

std::size_t columns(const std::string& text);            // that a terminal gives to it; an estimate
std::string padded(std::string text, std::size_t width); // with spaces to so many columns, or more
std::string wrapped(const std::string& text, std::size_t width,
                    std::size_t indent);                         // at spaces; `indent`:
                                                                 // of every line but the first
std::string clipped(const std::string& text, std::size_t width); // the end of a longer one is an ellipsis

// How the rows of a report are laid out: all of them alike.
enum class RowLayout {
    one_line,
    two_lines,   // what a row is about, then the rest
    three_lines, // the same, with what changes on a line of its own
};

// Rows under one heading.
class RowTable {
  public:
    using Cells = std::vector<std::string>;

    // The sign may be coloured, and takes one column. All rows of a table have as many cells in each part.
    struct Row {
        std::string sign;
        Cells subject; // which key
        Cells change;  // what is to be done to it; may be empty
        Cells rest;
    };

    void add(Row row) { rows_.push_back(std::move(row)); }
    bool empty() const noexcept { return rows_.empty(); }

    // Makes room for the cells of this table; tables that share the widths line up.
    void widen(std::vector<std::size_t>& widths) const;
    std::vector<std::size_t> widths() const;

    // The columns of the longest first line of a row; no layout helps with the others.
    std::size_t needed(RowLayout layout, const std::vector<std::size_t>& widths) const;

    // `width`: what is longer is broken, between cells or else at spaces; nothing: no line is.
    std::string text(RowLayout layout, const std::vector<std::size_t>& widths,
                     std::optional<std::size_t> width) const;

  private:
    std::vector<Row> rows_;
};

} // namespace apikeyd
