// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.hpp"
#include "daemon/cli/validation.hpp"

#include <string_view>

namespace apikeyd {

namespace {

// What would end the message or a property is percent-encoded
// (https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts).
std::string encode(std::string_view text, std::string_view reserved) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        if (reserved.find(c) == reserved.npos) {
            encoded += c;
        } else {
            encoded += '%';
            encoded += digits[static_cast<unsigned char>(c) >> 4];
            encoded += digits[static_cast<unsigned char>(c) & 0xFU];
        }
    }
    return encoded;
}

std::string property(std::string_view text) {
    return encode(visible_text(text), "%\r\n:,");
}

std::string message(std::string_view text) {
    return encode(text, "%\r\n");
}

std::string command(const Diagnostic& diagnostic) {
    std::string text = diagnostic.severity == Severity::error ? "::error" : "::warning";
    text += " file=" + property(diagnostic.file);
    if (diagnostic.line != 0) {
        text += ",line=" + std::to_string(diagnostic.line);
        if (diagnostic.column != 0) {
            text += ",col=" + std::to_string(diagnostic.column);
        }
    }
    text += ",title=apikeyd::" + message(visible_text(diagnostic.message));
    if (!diagnostic.hint.empty()) {
        text += message("\nhint: " + visible_text(diagnostic.hint));
    }
    return text + "\n";
}

} // namespace

std::string render_validation_github(const Validation& validation) {
    std::string text;
    for (const Diagnostic& diagnostic : validation.settings) {
        text += command(diagnostic);
    }
    for (const Validation::Checked& checked : validation.files) {
        for (const Diagnostic& diagnostic : checked.diagnostics) {
            text += command(diagnostic);
        }
    }
    return text;
}

} // namespace apikeyd
