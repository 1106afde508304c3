// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/json_text.hpp"

#include "config/utf8.hpp"

#include <fmt/format.h>

#include <sstream>
#include <string_view>

namespace apikeyd {

namespace {

bool is_harmless(const CodePoint& point) {
    return point.valid && (point.value == '\n' || !is_control(point.value)) &&
           !is_line_separator(point.value) && !is_deceptive(point.value);
}

// Such characters stand only inside strings, so an escape is always right there.
std::string escape_for_terminals(std::string_view json) {
    std::string text;
    text.reserve(json.size());
    for (std::size_t at = 0; at < json.size();) {
        const CodePoint point = decode_utf8(json, at);
        if (is_harmless(point)) {
            text.append(json, at, point.size);
        } else if (point.value > 0xFFFF) {
            const auto rest = static_cast<unsigned>(point.value) - 0x10000U;
            text += fmt::format("\\u{:04x}\\u{:04x}", 0xD800U + (rest >> 10), 0xDC00U + (rest & 0x3FFU));
        } else {
            text += fmt::format("\\u{:04x}", point.valid ? static_cast<unsigned>(point.value) : 0xFFFDU);
        }
        at += point.size;
    }
    return text;
}

} // namespace

Poco::JSON::Object::Ptr ordered_object() {
    return new Poco::JSON::Object(Poco::JSON_PRESERVE_KEY_ORDER);
}

Poco::Dynamic::Var json_time(const std::optional<WallTime>& time) {
    return time ? Poco::Dynamic::Var(format_rfc3339(*time)) : Poco::Dynamic::Var();
}

std::string json_text(const Poco::JSON::Object& object, unsigned indent) {
    std::ostringstream out;
    object.stringify(out, indent);
    return escape_for_terminals(out.str());
}

} // namespace apikeyd
