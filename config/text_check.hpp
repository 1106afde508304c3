// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/diagnostic_sink.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace apikeyd {

// Whether a text is fit for a YAML parser: UTF-8 without NUL, control characters or bare carriage returns.
struct TextCheck {
    bool readable = true; // false: reading on makes no sense

    // Where single characters are wrong, the text with those replaced, so that what else is wrong can be
    // found; every offset stays what it was.
    std::optional<std::string> mended;
};

// Reports every wrong character of the sink's text.
TextCheck check_text(DiagnosticSink& sink);

// Editors on Windows put a byte order mark in front of UTF-8; it means nothing and is passed over.
std::string_view without_bom(std::string_view text) noexcept;

} // namespace apikeyd
