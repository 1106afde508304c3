// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_text.hpp"

#include "config/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace apikeyd {

namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return result;
}

// The words of YAML 1.1 (https://yaml.org/type/) and of the core schema of YAML 1.2, in any case.
bool is_word(std::string_view lowered) {
    static constexpr std::array<std::string_view, 14> words{"",   "~",   "null", "y",     "n", "yes", "no",
                                                            "on", "off", "true", "false", "=", "<<",  ".nan"};
    return std::ranges::find(words, lowered) != words.end();
}

bool only(std::string_view text, std::string_view allowed) {
    return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

// Whole numbers, floats, and both with 60 as the base (1:30), by the wider of the two versions' rules.
bool is_number(std::string_view lowered) {
    if (lowered.starts_with('-') || lowered.starts_with('+')) {
        lowered.remove_prefix(1);
    }
    if (lowered == ".inf") {
        return true;
    }
    if (lowered.size() > 2 && lowered[0] == '0') {
        const std::string_view rest = lowered.substr(2);
        if ((lowered[1] == 'x' && only(rest, "0123456789abcdef_")) ||
            (lowered[1] == 'o' && only(rest, "01234567_")) || (lowered[1] == 'b' && only(rest, "01_"))) {
            return true;
        }
    }
    const std::size_t e = lowered.find('e');
    const std::string_view number = lowered.substr(0, e);
    if (e != std::string_view::npos) {
        std::string_view exponent = lowered.substr(e + 1);
        exponent.remove_prefix(exponent.starts_with('-') || exponent.starts_with('+') ? 1 : 0);
        if (!only(exponent, "0123456789")) {
            return false;
        }
    }
    return only(number, "0123456789_.:") && (is_digit(number[0]) || number[0] == '.') &&
           std::ranges::any_of(number, is_digit);
}

// 2001-12-14, and that with a time after it.
bool is_date(std::string_view text) {
    for (const auto& [least, most] : {std::pair{4U, 4U}, std::pair{1U, 2U}, std::pair{1U, 2U}}) {
        if (least != 4) {
            if (!text.starts_with('-')) {
                return false;
            }
            text.remove_prefix(1);
        }
        const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
        if (digits < least || digits > most) {
            return false;
        }
        text.remove_prefix(digits);
    }
    return text.empty() || text[0] == 'T' || text[0] == 't' || text[0] == ' ';
}

bool is_indicator(std::string_view text) {
    static constexpr std::string_view always = ",[]{}#&*!|>'\"%@`";
    static constexpr std::string_view before_blank = "-?:"; // -5 and :a are texts otherwise
    return always.find(text[0]) != std::string_view::npos ||
           (before_blank.find(text[0]) != std::string_view::npos && (text.size() == 1 || text[1] == ' '));
}

// What begins or ends a document at the start of a line. A value never stands there, but who knows who reads
// it.
bool is_marker(std::string_view text) {
    return (text.starts_with("---") || text.starts_with("...")) && (text.size() == 3 || text[3] == ' ');
}

// As it stands it would be something else, or only a part of it.
bool needs_quotes(std::string_view text) {
    const std::string lowered = lower(text);
    return is_word(lowered) || is_number(lowered) || is_date(text) || is_indicator(text) ||
           text.starts_with(' ') || text.ends_with(' ') || text.ends_with(':') || is_marker(text) ||
           text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos;
}

struct Range {
    char32_t first;
    char32_t last;
};

// What can't be seen or told from something else: characters that Unicode calls ignorable
// (https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point), spaces that aren't U+0020, fillers,
// private use, and what is no character. Controls and separators are looked for before.
bool is_invisible(char32_t value) noexcept {
    static constexpr std::array<Range, 23> ranges{
        {{0x00A0, 0x00A0},   {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x061C, 0x061C}, {0x115F, 0x1160},
         {0x1680, 0x1680},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x2000, 0x200F}, {0x2028, 0x202F},
         {0x205F, 0x206F},   {0x2800, 0x2800},   {0x3000, 0x3000},   {0x3164, 0x3164}, {0xE000, 0xF8FF},
         {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB},
         {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0x10FFFF}}};
    return (value & 0xFFFEU) == 0xFFFEU || std::ranges::any_of(ranges, [value](const Range& r) {
               return r.first <= value && value <= r.last;
           });
}

bool must_escape(char32_t value) noexcept {
    return is_control(value) || is_line_separator(value) || is_deceptive(value) || is_invisible(value);
}

bool has_what_must_be_escaped(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = decode_utf8(text, at);
        if (must_escape(point.value)) {
            return true;
        }
        at += point.size;
    }
    return false;
}

std::string in_double_quotes(std::string_view text) {
    std::string result = "\"";
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = decode_utf8(text, at);
        const auto value = static_cast<std::uint32_t>(point.value);
        if (must_escape(point.value)) {
            result += value > 0xFFFF ? fmt::format("\\U{:08x}", value) : fmt::format("\\u{:04x}", value);
        } else {
            if (value == '"' || value == '\\') {
                result += '\\';
            }
            result.append(text, at, point.size);
        }
        at += point.size;
    }
    return result + "\"";
}

std::string in_single_quotes(std::string_view text) {
    std::string result = "'";
    for (const char c : text) {
        result += c;
        if (c == '\'') {
            result += c;
        }
    }
    return result + "'";
}

} // namespace

std::string yaml_text(std::string_view text) {
    if (has_what_must_be_escaped(text)) {
        return in_double_quotes(text);
    }
    if (!needs_quotes(text)) {
        return std::string(text);
    }
    return text.find_first_of("\"\\") == std::string_view::npos ? in_double_quotes(text)
                                                                : in_single_quotes(text);
}

} // namespace apikeyd
