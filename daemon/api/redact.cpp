// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/redact.hpp"

#include "config/key.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace apikeyd {

namespace {

constexpr std::string_view redacted = "[redacted]";
constexpr std::size_t telling_part = 8;     // characters of a secret that give something away
constexpr std::size_t shortest_secret = 6;  // below it a secret is a word like any other
constexpr std::size_t min_word_size = 12;   // with a digit or mixed case
constexpr std::size_t min_opaque_size = 20; // of token letters, whatever they are
constexpr std::string_view white_space = " \t\r\n\v\f";

bool is_lower(char c) noexcept {
    return c >= 'a' && c <= 'z';
}
bool is_upper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

char lower(char c) noexcept {
    return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) { return lower(c); });
    return result;
}

// The letters that base64, base64url, hex and JWT are made of.
bool in_token(char c) noexcept {
    return is_lower(c) || is_upper(c) || is_digit(c) ||
           std::string_view("_-.+/=").find(c) != std::string_view::npos;
}

// Without the quotes, brackets and marks that a sentence puts around a word.
std::string_view core(std::string_view word) noexcept {
    constexpr std::string_view before = "\"'`([{<";
    constexpr std::string_view after = "\"'`)]}>.,;:!?";
    word.remove_prefix(std::min(word.find_first_not_of(before), word.size()));
    return word.substr(0, word.find_last_not_of(after) + 1);
}

// A digit, or capitals elsewhere than in front ("Unauthorized" is a word).
bool looks_random(std::string_view word) noexcept {
    const auto first = std::ranges::find_if(word, [](char c) { return is_lower(c) || is_upper(c); });
    return std::ranges::any_of(word, is_digit) ||
           (std::ranges::any_of(word, is_lower) &&
            std::any_of(first, word.end(), [&](const char& c) { return &c != &*first && is_upper(c); }));
}

std::string redact_runs(std::string_view word) {
    std::string result;
    while (!word.empty()) {
        const auto end = std::ranges::find_if_not(word, in_token);
        const auto size = static_cast<std::size_t>(end - word.begin());
        result += size < min_opaque_size ? word.substr(0, size) : redacted;
        word.remove_prefix(size);
        if (!word.empty()) {
            result.push_back(word.front());
            word.remove_prefix(1);
        }
    }
    return result;
}

std::string redact_word(std::string_view word) {
    if (KeyId::parse(core(word))) {
        return std::string(word);
    }
    // As it stands, with what surrounds it: a mark at its end may belong to it.
    return word.size() >= min_word_size && looks_random(word) ? std::string(redacted) : redact_runs(word);
}

} // namespace

std::string redact_secret(std::string_view text, const Secret& secret) {
    if (secret.empty()) {
        return std::string(text);
    }
    std::string needle = lower(secret.reveal());
    const std::string haystack = lower(text);
    const std::size_t window = std::min(needle.size(), telling_part);
    std::vector<bool> covered(text.size());
    for (std::size_t at = 0; at + window <= haystack.size(); ++at) {
        if (needle.find(haystack.data() + at, 0, window) != std::string::npos) {
            std::fill_n(covered.begin() + static_cast<std::ptrdiff_t>(at), window, true);
        }
    }
    wipe(needle);
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (!covered[at]) {
            result.push_back(text[at]);
        } else if (at == 0 || !covered[at - 1]) {
            result += redacted;
        }
    }
    return result;
}

std::string redact_opaque_words(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t begin = std::min(text.find_first_not_of(white_space), text.size());
        result += text.substr(0, begin);
        text.remove_prefix(begin);
        const std::size_t end = std::min(text.find_first_of(white_space), text.size());
        result += redact_word(text.substr(0, end));
        text.remove_prefix(end);
    }
    return result;
}

bool repeats_secret(std::string_view text, const Secret& secret) {
    const std::string_view needle = secret.reveal();
    if (needle.empty() || (needle.size() < shortest_secret && text.size() != needle.size())) {
        return false;
    }
    return !std::ranges::search(
                text, needle, {}, [](char c) { return lower(c); }, [](char c) { return lower(c); })
                .empty();
}

} // namespace apikeyd
