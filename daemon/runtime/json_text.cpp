// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/json_text.hpp"

#include "config/json_string.hpp"

#include <sstream>
#include <string_view>

namespace apikeyd {

namespace {

// Such characters stand only inside strings, so an escape is always right there; line breaks are those
// between members.
std::string escape_for_terminals(std::string_view json) {
    std::string text;
    text.reserve(json.size());
    for (std::size_t at = 0; at < json.size();) {
        const CodePoint point = decode_utf8(json, at);
        if (point.valid && (point.value == '\n' || is_visible(point.value))) {
            text.append(json, at, point.size);
        } else {
            append_json_escape(text, point);
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
