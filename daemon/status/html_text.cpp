// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/html_text.hpp"

#include "config/utf8.hpp"
#include "daemon/status/words.hpp"

#include <fmt/format.h>

namespace apikeyd {

namespace {

std::string without_markup(std::string_view text) {
    std::string result;
    for (const char one : text) {
        switch (one) {
        case '&':
            result += "&amp;";
            break;
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        case '"':
            result += "&quot;";
            break;
        case '\'':
            result += "&#39;";
            break;
        default:
            result += one;
        }
    }
    return result;
}

} // namespace

std::string html_escaped(std::string_view text) {
    return without_markup(visible_text(text));
}

std::string html_value(std::string_view text) {
    std::string held;
    for (std::size_t offset = 0; offset < text.size();) {
        const CodePoint point = decode_utf8(text, offset);
        const bool fits = point.valid && point.value != 0;
        held += fits ? text.substr(offset, point.size) : "\uFFFD";
        offset += point.size;
    }
    return without_markup(held);
}

std::string html_isolated(std::string_view text) {
    return "<bdi>" + html_escaped(text) + "</bdi>";
}

std::string html_name(std::string_view name, std::size_t most) {
    const std::size_t count = name.size() <= most ? 0 : count_code_points(name);
    if (count <= most) {
        return html_isolated(name);
    }
    std::size_t end = 0;
    for (std::size_t n = 0; n < most; ++n) {
        end += decode_utf8(name, end).size;
    }
    return fmt::format(R"({} <span class="dim">({} characters)</span>)",
                       html_isolated(std::string(name.substr(0, end)) + "…"), count);
}

std::string html_code(std::string_view text) {
    return "<code>" + html_escaped(text) + "</code>";
}

std::string html_time(WallTime time, std::string_view attributes) {
    std::string shown = format_second(time); // 2026-12-31T00:00:00Z
    shown.replace(shown.find('T'), 1, " ");
    shown.replace(shown.find('Z'), 1, " UTC");
    return fmt::format("<time datetime=\"{}\"{}>{}</time>", format_rfc3339(time), attributes, shown);
}

} // namespace apikeyd
