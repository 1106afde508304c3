// SPDX-License-Identifier: Apache-2.0
#include "config/scalars.hpp"

#include "config/settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace apikeyd {

namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, is_digit);
}

struct Unit {
    std::string_view name;
    std::uint64_t milliseconds;
};

// Largest first: that is the order they are written in.
constexpr std::array<Unit, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

constexpr std::uint64_t longest_duration = 3'650 * units[0].milliseconds;

// Nothing: no duration. Of one that is too long, only that it is.
std::optional<std::uint64_t> count_milliseconds(std::string_view text) {
    std::uint64_t total = 0;
    const Unit* next = units.data(); // each unit once, in falling order
    const Unit* const end = next + units.size();
    while (!text.empty() || next == units.data()) {
        const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
        const auto count = parse_unsigned(text.substr(0, digits));
        text.remove_prefix(digits);
        const auto letters = static_cast<std::size_t>(std::ranges::find_if(text, is_digit) - text.begin());
        const std::string_view name = text.substr(0, letters);
        text.remove_prefix(letters);
        const Unit* unit = std::find_if(next, end, [name](const Unit& u) { return u.name == name; });
        if (!count || unit == end) {
            return std::nullopt;
        }
        total += std::min(*count, longest_duration / unit->milliseconds + 1) * unit->milliseconds;
        next = unit + 1;
    }
    return total;
}

} // namespace

std::optional<std::uint64_t> parse_unsigned(std::string_view text) noexcept {
    if (!all_digits(text) || (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<double> parse_decimal(std::string_view text) noexcept {
    const std::size_t point = text.find('.');
    const auto whole = parse_unsigned(text.substr(0, point));
    if (!whole || text.size() > 15 ||
        (point != std::string_view::npos && !all_digits(text.substr(point + 1)))) {
        return std::nullopt;
    }
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    if (text == "0") {
        return std::chrono::milliseconds{0};
    }
    const auto total = count_milliseconds(text);
    return total && *total <= longest_duration ? std::optional(std::chrono::milliseconds{*total})
                                               : std::nullopt;
}

bool is_too_long_a_duration(std::string_view text) {
    const auto total = count_milliseconds(text);
    return total && *total > longest_duration;
}

} // namespace apikeyd
