// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/json_text.hpp"

#include <Poco/UTF8Encoding.h>

#include <algorithm>
#include <cstddef>

namespace apikeyd::sandbox {

bool is_utf8(std::string_view text) {
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    if (std::all_of(text.begin(), text.end(), is_ascii)) {
        return true;
    }
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<unsigned char>(text[at]);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        const auto* bytes = reinterpret_cast<const unsigned char*>(text.data() + at);
        if (length > text.size() - at || !Poco::UTF8Encoding::isLegal(bytes, static_cast<int>(length))) {
            return false;
        }
        at += length;
    }
    return true;
}

std::string json_quote(std::string_view text) {
    static constexpr char digits[] = "0123456789abcdef";
    const bool legal = is_utf8(text);
    std::string quoted = "\"";
    quoted.reserve(text.size() + 2);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !legal)) {
            quoted += "\\u00";
            quoted += digits[byte >> 4];
            quoted += digits[byte & 0xF];
        } else {
            quoted += c;
        }
    }
    return quoted += '"';
}

} // namespace apikeyd::sandbox
