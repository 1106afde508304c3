// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace apikeyd {

// Decimal digits and nothing else; no leading zero, which other readers take for octal. Nothing if it is
// anything else or too large.
std::optional<std::uint64_t> parse_unsigned(std::string_view text) noexcept;

// Decimal digits with or without a fraction: "12", "12.5". No sign, no exponent. Nothing if it is anything
// else or beyond what a double holds exactly.
std::optional<double> parse_decimal(std::string_view text) noexcept;

} // namespace apikeyd
