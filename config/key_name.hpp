// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace apikeyd {

// What is wrong with the name of a key, as code points; the first of each kind.
struct NameCheck {
    std::optional<char32_t> forbidden; // a control character, a line separator or a byte that is no character
    std::optional<char32_t> deceptive; // may read as another name than it is
};
NameCheck check_key_name(std::string_view name) noexcept;

} // namespace apikeyd
