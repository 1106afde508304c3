// SPDX-License-Identifier: Apache-2.0
#include "config/diagnostic.hpp"

#include "config/utf8.hpp"

#include <fmt/format.h>

#include <string_view>

namespace apikeyd {

namespace {

struct Style {
    std::string_view strong, error, warning, caret, hint, off;
};

constexpr Style plain_style{};
constexpr Style ansi_style{"\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;32m", "\x1b[36m", "\x1b[0m"};

// file:line:column, as far as they are known
std::string place(const Diagnostic& diagnostic) {
    std::string text = visible_text(diagnostic.file);
    if (diagnostic.line != 0) {
        text += ":" + std::to_string(diagnostic.line);
        if (diagnostic.column != 0) {
            text += ":" + std::to_string(diagnostic.column);
        }
    }
    return text;
}

// How far the character that the caret points at stands from the start once the excerpt has been made
// visible.
std::size_t caret_indent(std::string_view excerpt, std::uint32_t caret) {
    std::size_t offset = 0;
    for (std::uint32_t i = 1; i < caret && offset < excerpt.size(); ++i) {
        offset += decode_utf8(excerpt, offset).size;
    }
    const std::string before = visible_text(excerpt.substr(0, offset));
    std::size_t width = 0;
    for (std::size_t at = 0; at < before.size();) {
        const CodePoint point = decode_utf8(before, at);
        width += static_cast<std::size_t>(display_width(point.value));
        at += point.size;
    }
    return width;
}

std::string render_excerpt(const Diagnostic& diagnostic, const Style& style) {
    const std::string number = diagnostic.line == 0 ? "" : std::to_string(diagnostic.line);
    std::string text = fmt::format("  {} | {}\n", number, visible_text(diagnostic.excerpt));
    if (diagnostic.caret != 0) {
        text += fmt::format("  {:{}} | {:{}}{}^{}\n", "", number.size(), "",
                            caret_indent(diagnostic.excerpt, diagnostic.caret), style.caret, style.off);
    }
    return text;
}

} // namespace

std::string render_diagnostic(const Diagnostic& diagnostic, bool color) {
    const Style& style = color ? ansi_style : plain_style;
    const bool error = diagnostic.severity == Severity::error;
    std::string text = fmt::format("{}{}:{} {}{}:{} {}\n", style.strong, place(diagnostic), style.off,
                                   error ? style.error : style.warning, error ? "error" : "warning",
                                   style.off, visible_text(diagnostic.message));
    if (!diagnostic.excerpt.empty()) {
        text += render_excerpt(diagnostic, style);
    }
    if (!diagnostic.hint.empty()) {
        text += fmt::format("  {}hint:{} {}\n", style.hint, style.off, visible_text(diagnostic.hint));
    }
    return text;
}

std::string summarize_diagnostic(const Diagnostic& diagnostic) {
    return place(diagnostic) + ": " + visible_text(diagnostic.message);
}

} // namespace apikeyd
