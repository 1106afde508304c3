// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace apikeyd {

// One code point taken from UTF-8 text (RFC 3629). `size` is at least 1, so that a loop always moves on.
struct CodePoint {
    char32_t value = 0;
    std::size_t size = 1;
    bool valid = true; // false: a byte that begins no code point; `value` is that byte
};

// The code point at `offset`, which must lie within the text. Overlong forms, surrogates and anything beyond
// U+10FFFF are invalid.
CodePoint decode_utf8(std::string_view text, std::size_t offset) noexcept;

// How many code points the text has; an invalid byte counts as one.
std::size_t count_code_points(std::string_view text) noexcept;

// C0 controls, DEL and C1 controls.
bool is_control(char32_t code_point) noexcept;

// U+2028 and U+2029, which some programs take for the end of a line.
bool is_line_separator(char32_t code_point) noexcept;

// Characters that can't be seen, so that two texts with and without them look the same, or that change how
// the text around them reads: direction marks (as in
// https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters), soft hyphen, zero-width space,
// word joiner, BOM, fillers, tags. Those that letters and emoji are composed with (joiners, variation
// selectors) are none of them.
bool is_deceptive(char32_t code_point) noexcept;

// None of these: a terminal shows it, and does nothing else.
bool is_visible(char32_t code_point) noexcept;

// Columns that a terminal gives to the character: 0, 1 or 2. An estimate that needs no locale.
int display_width(char32_t code_point) noexcept;

// The text with everything that a terminal would obey or hide written out: \n, \x1b, \u202e, \U000e0041,
// \xff.
std::string visible_text(std::string_view text);

// At most `limit` code points of the text in single quotes; what is cut off becomes an ellipsis.
std::string quote_text(std::string_view text, std::size_t limit = 60);

} // namespace apikeyd
