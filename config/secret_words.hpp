// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace apikeyd {

// Whether a field or variable of this name probably holds a secret. What it holds is then never shown.
bool names_secret(std::string_view name);

// Whether a text may be a token, or hold one, that got where something else belongs: 16 characters or more
// without a blank, and no misspelling of a known word.
bool may_be_token(std::string_view text, std::span<const std::string_view> known = {});

// The text in single quotes, as quote_text() has it; of what may be a token only "a value of 40 characters".
std::string quote_unless_token(std::string_view text, std::span<const std::string_view> known = {});

// "unknown field 'x'"; of a name that may be a token only "unknown field of 40 characters".
std::string unknown_field_message(std::string_view name, std::span<const std::string_view> known = {});

} // namespace apikeyd
