// SPDX-License-Identifier: Apache-2.0
#include "config/secret_words.hpp"

#include <algorithm>
#include <array>
#include <string>

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

} // namespace apikeyd
