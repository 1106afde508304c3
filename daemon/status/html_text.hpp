// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace apikeyd {

// Pieces of HTML that the drift report and the status page have alike. Text from outside comes in as it is.

// Fit for content and for attributes in double quotes, with everything visible that could be hidden.
std::string html_escaped(std::string_view text);

// What somebody typed into a field, for its value attribute: as it is, invisible characters and all, or it
// would come back as something else. A browser's U+FFFD stands for what HTML can't hold: NUL, bytes that are
// no UTF-8.
std::string html_value(std::string_view text);

// A name may be written from right to left: what stands around it must not turn with it.
std::string html_isolated(std::string_view text);

// A name, isolated. Nobody bounds its length: of one that is longer than `most` characters the beginning
// stands for it, and how many there are.
constexpr std::size_t longest_name = 256;
std::string html_name(std::string_view name, std::size_t most = longest_name);

std::string html_code(std::string_view text);

// To the second, in UTC. `attributes`: more of them, with a space before each.
std::string html_time(WallTime time, std::string_view attributes = "");

} // namespace apikeyd
