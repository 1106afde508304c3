// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace apikeyd {

// yaml-cpp's words for a syntax error in ours. They never quote the text: it may hold a secret.
struct SyntaxExplanation {
    std::string_view message;
    std::string_view hint;
};
SyntaxExplanation explain_syntax_error(std::string_view yaml_cpp_message) noexcept;

// Whether the quoted scalar whose opening quote stands at `offset` ends; the offset behind it.
std::optional<std::size_t> end_of_quoted(std::string_view text, std::size_t offset) noexcept;

// The opening quote, at or after `from`, of a quoted scalar that never ends. `from` must not lie within a
// quoted scalar. An estimate: good for placing a message, not for deciding anything.
std::optional<std::size_t> find_unterminated_quote(std::string_view text, std::size_t from) noexcept;

// The first line that begins with '%'. yaml-cpp obeys or drops directives silently.
std::optional<std::size_t> find_directive(std::string_view text) noexcept;

} // namespace apikeyd
