// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace apikeyd {

// The text as a YAML scalar for the value of a field in block style, so that every reader of YAML 1.1 and 1.2
// gives it back as a text, byte for byte. In quotes only where it must be: where it would read as a boolean,
// null, a number or a date, where a character means something to YAML, and where one can't be seen; that one
// is escaped. `text` must be valid UTF-8.
std::string yaml_text(std::string_view text);

} // namespace apikeyd
