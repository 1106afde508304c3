// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace apikeyd {

enum class Severity { warning, error };

// One thing wrong with what the operator wrote: where, what, and what to do about it.
struct Diagnostic {
    Severity severity = Severity::error;
    std::string file;         // as the operator named it; for an environment variable or flag, its name
    std::uint32_t line = 0;   // 1-based; 0: the file as a whole
    std::uint32_t column = 0; // 1-based, in characters (code points); 0: the line as a whole
    std::string message;      // one line, no full stop
    std::string hint;         // one line, what to do; may be empty
    std::string excerpt;      // the source line, cut to something that fits a terminal; may be empty
    std::uint32_t caret = 0;  // 1-based position in `excerpt` that the caret points at; 0: none
};

// A value, or every reason why there is none; warnings may come with a value.
template <typename T>
struct Loaded {
    std::optional<T> value;
    std::vector<Diagnostic> diagnostics;

    explicit operator bool() const noexcept { return value.has_value(); }
};

// file:line:column: error: message, the source line with a caret, the hint; ends with a newline.
// Control characters in what is quoted are made visible. `color`: ANSI colours.
std::string render_diagnostic(const Diagnostic& diagnostic, bool color);

// "keys.yaml:12:5: message", for places with room for one line.
std::string summarize_diagnostic(const Diagnostic& diagnostic);

} // namespace apikeyd
