// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/text_columns.hpp"

#include "config/utf8.hpp"
#include "daemon/cli/color.hpp"

#include <algorithm>

namespace apikeyd {

namespace {

constexpr std::size_t gap = 2;       // between cells
constexpr std::size_t first_at = 2;  // where the cells of a row's first line begin, behind the sign
constexpr std::size_t rest_at = 4;   // and of its other lines
constexpr std::size_t broken_at = 6; // and what of a line had to be broken off

// Cells beside each other, each with the columns that it takes at least.
struct Line {
    struct Cell {
        const std::string* text;
        std::size_t width;
    };
    std::vector<Cell> cells;
    std::size_t start = rest_at;
};

std::vector<Line> lines_of(const RowTable::Row& row, RowLayout layout,
                           const std::vector<std::size_t>& widths) {
    std::vector<Line> lines(1);
    lines[0].start = first_at;
    std::size_t column = 0;
    const auto append = [&](const RowTable::Cells& cells, bool aligned) {
        for (const std::string& cell : cells) {
            lines.back().cells.push_back({&cell, aligned ? widths[column] : 0});
            ++column;
        }
    };
    append(row.subject, true);
    if (layout == RowLayout::three_lines && !row.change.empty()) {
        lines.emplace_back();
    }
    append(row.change, true);
    if (layout != RowLayout::one_line) {
        lines.emplace_back();
    }
    append(row.rest, layout == RowLayout::one_line); // else every column counts
    return lines;
}

std::size_t columns_of(const Line& line) {
    std::size_t used = line.start;
    for (std::size_t i = 0; i + 1 < line.cells.size(); ++i) {
        used += std::max(columns(*line.cells[i].text), line.cells[i].width) + gap;
    }
    return used + columns(*line.cells.back().text);
}

std::string text_of(const Line& line, std::optional<std::size_t> width) {
    std::string text;
    std::size_t used = line.start;
    std::size_t spaces = 0; // before the next cell
    for (const Line::Cell& cell : line.cells) {
        const std::size_t needed = columns(*cell.text);
        if (width && !text.empty() && used + spaces + needed > *width) {
            text += "\n" + std::string(broken_at, ' ');
            used = broken_at;
        } else {
            text += std::string(spaces, ' ');
            used += spaces;
        }
        const bool fits = !width || used + needed <= *width;
        text +=
            fits ? *cell.text : wrapped(std::string(used, ' ') + *cell.text, *width, broken_at).substr(used);
        used += needed;
        spaces = std::max(needed, cell.width) - needed + gap;
    }
    return text + "\n";
}

// A character, or a colour that begins or ends and takes no room.
struct Glyph {
    std::size_t size; // bytes
    std::size_t width = 0;
    bool colour = false;
};

Glyph glyph_at(const std::string& text, std::size_t at) {
    if (text.compare(at, 2, "\x1b[") == 0) {
        const std::size_t end = std::min(text.find('m', at), text.size() - 1);
        return {end + 1 - at, 0, true};
    }
    const CodePoint point = decode_utf8(text, at);
    return {point.size, static_cast<std::size_t>(display_width(point.value)), false};
}

} // namespace

std::size_t columns(const std::string& text) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        const Glyph glyph = glyph_at(text, at);
        width += glyph.width;
        at += glyph.size;
    }
    return width;
}

std::string clipped(const std::string& text, std::size_t width) {
    if (columns(text) <= width) {
        return text;
    }
    std::string result;
    std::size_t used = 0;
    bool colour = false; // begun and not ended
    for (std::size_t at = 0; at < text.size();) {
        const Glyph glyph = glyph_at(text, at);
        if (used + glyph.width + 1 > width) {
            break;
        }
        const std::string piece = text.substr(at, glyph.size);
        colour = glyph.colour ? piece != sgr::reset : colour;
        result += piece;
        used += glyph.width;
        at += glyph.size;
    }
    return result + (colour ? sgr::reset : "") + (width > 0 ? "\u2026" : "");
}

std::string padded(std::string text, std::size_t width) {
    const std::size_t used = columns(text);
    return used < width ? text.append(width - used, ' ') : text;
}

std::string wrapped(const std::string& text, std::size_t width, std::size_t indent) {
    std::string result;
    std::size_t used = 0;
    for (std::size_t at = 0; at < text.size();) {
        // A word with the spaces before it.
        const std::size_t word = std::min(text.find_first_not_of(' ', at), text.size());
        const std::size_t end = std::min(text.find(' ', word), text.size());
        std::string piece = text.substr(at, end - at);
        const bool first = result.find_first_not_of(' ') == std::string::npos;
        if (!first && used + columns(piece) > width) {
            piece.erase(0, word - at);
            result += "\n" + std::string(indent, ' ');
            used = indent;
        }
        result += piece;
        used += columns(piece);
        at = end;
    }
    return result;
}

void RowTable::widen(std::vector<std::size_t>& widths) const {
    for (const Row& row : rows_) {
        std::size_t column = 0;
        for (const Cells* part : {&row.subject, &row.change, &row.rest}) {
            widths.resize(std::max(widths.size(), column + part->size()));
            for (const std::string& cell : *part) {
                widths[column] = std::max(widths[column], std::min(columns(cell), widest_column));
                ++column;
            }
        }
    }
}

std::vector<std::size_t> RowTable::widths() const {
    std::vector<std::size_t> widths;
    widen(widths);
    return widths;
}

std::size_t RowTable::needed(RowLayout layout, const std::vector<std::size_t>& widths) const {
    std::size_t longest = 0;
    for (const Row& row : rows_) {
        longest = std::max(longest, columns_of(lines_of(row, layout, widths).front()));
    }
    return longest;
}

std::string RowTable::text(RowLayout layout, const std::vector<std::size_t>& widths,
                           std::optional<std::size_t> width) const {
    std::string text;
    for (const Row& row : rows_) {
        for (const Line& line : lines_of(row, layout, widths)) {
            text += line.start == first_at ? row.sign + " " : std::string(rest_at, ' ');
            text += text_of(line, width);
        }
    }
    return text;
}

} // namespace apikeyd
