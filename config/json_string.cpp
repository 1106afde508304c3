// SPDX-License-Identifier: Apache-2.0
#include "config/json_string.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace apikeyd {

namespace {

bool stands_for_itself(char character) noexcept {
    return character >= 0x20 && character < 0x7F && character != '"' && character != '\\';
}

char short_form(char32_t value) noexcept {
    switch (value) {
    case '"':
    case '\\':
        return static_cast<char>(value);
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return '\0';
    }
}

void append_character(std::string& json, const CodePoint& point, std::string_view bytes) {
    if (const char letter = short_form(point.value)) {
        json += '\\';
        json += letter;
    } else if (point.valid && is_visible(point.value)) {
        json += bytes;
    } else {
        append_json_escape(json, point);
    }
}

} // namespace

void append_json_escape(std::string& json, const CodePoint& point) {
    const auto value = static_cast<unsigned>(point.valid ? point.value : 0xFFFD);
    if (value > 0xFFFF) {
        const unsigned rest = value - 0x10000U;
        fmt::format_to(std::back_inserter(json), "\\u{:04x}\\u{:04x}", 0xD800U + (rest >> 10),
                       0xDC00U + (rest & 0x3FFU));
    } else {
        fmt::format_to(std::back_inserter(json), "\\u{:04x}", value);
    }
}

// Run by run: nearly all of what is written is plain ASCII.
void append_json_string(std::string& json, std::string_view text) {
    json += '"';
    while (!text.empty()) {
        const auto run =
            static_cast<std::size_t>(std::ranges::find_if_not(text, stands_for_itself) - text.begin());
        json += text.substr(0, run);
        text.remove_prefix(run);
        if (!text.empty()) {
            const CodePoint point = decode_utf8(text, 0);
            append_character(json, point, text.substr(0, point.size));
            text.remove_prefix(point.size);
        }
    }
    json += '"';
}

} // namespace apikeyd
