// SPDX-License-Identifier: Apache-2.0
#include "config/secret_words.hpp"

#include "config/suggest.hpp"
#include "config/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace apikeyd {

bool names_secret(std::string_view name) {
    static constexpr std::array<std::string_view, 4> words{"secret", "token", "passw", "credential"};
    std::string lower(name);
    for (char& c : lower) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return std::ranges::any_of(words,
                               [&lower](std::string_view word) { return lower.find(word) != lower.npos; });
}

bool may_be_token(std::string_view text, std::span<const std::string_view> known) {
    constexpr std::size_t shortest_token = 16;
    std::size_t run = 0;
    const bool long_enough = std::ranges::any_of(text, [&run](char c) {
        run = c == ' ' || c == '\t' || c == '\n' || c == '\r' ? 0 : run + 1;
        return run == shortest_token;
    });
    return long_enough && nearest_word(text, known).empty();
}

std::string quote_unless_token(std::string_view text, std::span<const std::string_view> known) {
    return may_be_token(text, known) ? fmt::format("a value of {} characters", count_code_points(text))
                                     : quote_text(text);
}

std::string unknown_field_message(std::string_view name, std::span<const std::string_view> known) {
    return may_be_token(name, known) ? fmt::format("unknown field of {} characters", count_code_points(name))
                                     : fmt::format("unknown field {}", quote_text(name));
}

} // namespace apikeyd
