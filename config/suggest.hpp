// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace apikeyd {

// The candidate that `word` is most likely a misspelling of, ignoring case; empty if none is near.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> candidates);

} // namespace apikeyd
