// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace apikeyd {

namespace {

struct Range {
    char32_t first;
    char32_t last;
};

template <std::size_t size>
bool within(const std::array<Range, size>& ranges, char32_t value) noexcept {
    return std::ranges::any_of(ranges,
                               [value](const Range& r) { return r.first <= value && value <= r.last; });
}

// What a lead byte promises: the length, the bits it carries, and the least value that needs this length.
struct Lead {
    std::size_t size;
    char32_t bits;
    char32_t least;
};

Lead read_lead(std::uint8_t byte) noexcept {
    if ((byte & 0xE0U) == 0xC0U) {
        return {2, byte & 0x1FU, 0x80};
    }
    if ((byte & 0xF0U) == 0xE0U) {
        return {3, byte & 0x0FU, 0x800};
    }
    if ((byte & 0xF8U) == 0xF0U) {
        return {4, byte & 0x07U, 0x10000};
    }
    return {0, 0, 0};
}

} // namespace

CodePoint decode_utf8(std::string_view text, std::size_t offset) noexcept {
    const auto first = static_cast<std::uint8_t>(text[offset]);
    if (first < 0x80) {
        return {first, 1, true};
    }
    const CodePoint invalid{first, 1, false};
    const Lead lead = read_lead(first);
    if (lead.size == 0 || text.size() - offset < lead.size) {
        return invalid;
    }
    char32_t value = lead.bits;
    for (std::size_t i = 1; i < lead.size; ++i) {
        const auto next = static_cast<std::uint8_t>(text[offset + i]);
        if ((next & 0xC0U) != 0x80U) {
            return invalid;
        }
        value = value << 6 | (next & 0x3FU);
    }
    if (value < lead.least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return invalid;
    }
    return {value, lead.size, true};
}

std::size_t count_code_points(std::string_view text) noexcept {
    std::size_t count = 0;
    for (std::size_t offset = 0; offset < text.size(); ++count) {
        offset += static_cast<std::uint8_t>(text[offset]) < 0x80 ? 1 : decode_utf8(text, offset).size;
    }
    return count;
}

bool is_control(char32_t code_point) noexcept {
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}

bool is_line_separator(char32_t code_point) noexcept {
    return code_point == 0x2028 || code_point == 0x2029;
}

bool is_deceptive(char32_t code_point) noexcept {
    static constexpr std::array<Range, 17> ranges{{{0x00AD, 0x00AD},
                                                   {0x034F, 0x034F},
                                                   {0x061C, 0x061C},
                                                   {0x115F, 0x1160},
                                                   {0x17B4, 0x17B5},
                                                   {0x180E, 0x180E},
                                                   {0x200B, 0x200B},
                                                   {0x200E, 0x200F},
                                                   {0x202A, 0x202E},
                                                   {0x2060, 0x206F},
                                                   {0x3164, 0x3164},
                                                   {0xFEFF, 0xFEFF},
                                                   {0xFFA0, 0xFFA0},
                                                   {0xFFF9, 0xFFFB},
                                                   {0x1BCA0, 0x1BCA3},
                                                   {0x1D173, 0x1D17A},
                                                   {0xE0000, 0xE007F}}};
    return code_point >= ranges.front().first && within(ranges, code_point);
}

bool is_visible(char32_t code_point) noexcept {
    return (code_point >= 0x20 && code_point < 0x7F) ||
           !(is_control(code_point) || is_line_separator(code_point) || is_deceptive(code_point));
}

int display_width(char32_t code_point) noexcept {
    static constexpr std::array<Range, 5> nothing{
        {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xE0100, 0xE01EF}}};
    static constexpr std::array<Range, 9> wide{{{0x1100, 0x115F},
                                                {0x2E80, 0xA4CF},
                                                {0xAC00, 0xD7A3},
                                                {0xF900, 0xFAFF},
                                                {0xFE30, 0xFE6F},
                                                {0xFF00, 0xFF60},
                                                {0xFFE0, 0xFFE6},
                                                {0x1F300, 0x1FAFF},
                                                {0x20000, 0x3FFFD}}};
    if (code_point < 0x0300) {
        return 1;
    }
    return within(nothing, code_point) ? 0 : within(wide, code_point) ? 2 : 1;
}

std::string visible_text(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t offset = 0; offset < text.size();) {
        const CodePoint point = decode_utf8(text, offset);
        const auto value = static_cast<std::uint32_t>(point.value);
        if (point.value == '\n') {
            result += "\\n";
        } else if (point.value == '\r') {
            result += "\\r";
        } else if (point.value == '\t') {
            result += "\\t";
        } else if (!point.valid || (is_control(point.value) && value < 0x80)) {
            fmt::format_to(std::back_inserter(result), "\\x{:02x}", value);
        } else if (!is_visible(point.value)) {
            result += value > 0xFFFF ? fmt::format("\\U{:08x}", value) : fmt::format("\\u{:04x}", value);
        } else {
            result.append(text, offset, point.size);
        }
        offset += point.size;
    }
    return result;
}

std::string quote_text(std::string_view text, std::size_t limit) {
    std::size_t end = 0;
    for (std::size_t count = 0; end < text.size() && count < limit; ++count) {
        end += decode_utf8(text, end).size;
    }
    return fmt::format("'{}{}'", text.substr(0, end), end < text.size() ? "…" : "");
}

} // namespace apikeyd
