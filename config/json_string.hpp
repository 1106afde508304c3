// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/utf8.hpp"

#include <string>
#include <string_view>

namespace apikeyd {

// Appends the text as a string of JSON, in quotes (RFC 8259, 7). Besides what JSON demands, characters that a
// terminal obeys or hides are escaped (DEL, C1 controls, direction controls, line separators): still the same
// JSON, and harmless to print. A byte that is no UTF-8 becomes U+FFFD.
void append_json_string(std::string& json, std::string_view text);

// Appends the character as \u and four digits, or as two of them where it is beyond U+FFFF. What is no UTF-8
// becomes U+FFFD.
void append_json_escape(std::string& json, const CodePoint& point);

} // namespace apikeyd
