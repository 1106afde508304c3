// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/quote.hpp"

#include "config/key.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>

namespace apikeyd {

namespace {

constexpr std::size_t max_quoted_characters = 200;
constexpr std::size_t min_token_size = 20;

// The letters that base64, base64url, hex and JWT are made of.
bool in_token(char character) noexcept {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') ||
           std::string_view("_-.+/=").find(character) != std::string_view::npos;
}

std::string redact_tokens(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        std::size_t size = 0;
        while (size < text.size() && in_token(text[size])) {
            ++size;
        }
        std::string_view word = text.substr(0, size);
        std::string_view id = word;
        while (id.ends_with('.')) { // an id may end a sentence
            id.remove_suffix(1);
        }
        result.append(size >= min_token_size && !KeyId::parse(id) ? "[redacted]" : word);
        text.remove_prefix(size);
        if (!text.empty()) {
            result.push_back(text.front());
            text.remove_prefix(1);
        }
    }
    return result;
}

bool continues(std::string_view text, std::size_t at, unsigned char low, unsigned char high) noexcept {
    return at < text.size() && static_cast<unsigned char>(text[at]) >= low &&
           static_cast<unsigned char>(text[at]) <= high;
}

// Bytes of the UTF-8 sequence at the front (RFC 3629, 4); 0: none.
std::size_t utf8_size(std::string_view text) noexcept {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) {
        return 1;
    }
    const std::size_t size = lead >= 0xC2 && lead <= 0xDF   ? 2
                             : lead >= 0xE0 && lead <= 0xEF ? 3
                             : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                            : 0;
    const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (size == 0 || !continues(text, 1, low, high)) {
        return 0;
    }
    for (std::size_t i = 2; i < size; ++i) {
        if (!continues(text, i, 0x80, 0xBF)) {
            return 0;
        }
    }
    return size;
}

// The number of a valid character.
unsigned code_point(std::string_view character) noexcept {
    static constexpr unsigned char lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    unsigned number = static_cast<unsigned char>(character.front()) & lead_bits[character.size()];
    for (const char byte : character.substr(1)) {
        number = number << 6 | (static_cast<unsigned char>(byte) & 0x3F);
    }
    return number;
}

// Controls, line and paragraph separators, and what turns the direction of writing.
bool is_harmful(std::string_view character) noexcept {
    const unsigned number = code_point(character);
    return number < 0x20 || (number >= 0x7F && number < 0xA0) || (number >= 0x2028 && number <= 0x202E) ||
           (number >= 0x2066 && number <= 0x2069);
}

void append_escaped(std::string& result, std::string_view bytes) {
    if (bytes == "\n") {
        result.append("\\n");
        return;
    }
    for (const char byte : bytes) {
        fmt::format_to(std::back_inserter(result), "\\x{:02x}", static_cast<unsigned char>(byte));
    }
}

} // namespace

std::string quote_foreign(std::string_view text) {
    // Before the cut: half a token is no longer recognized as one.
    const std::string safe = redact_tokens(text);
    std::string_view rest = safe;
    std::string result;
    for (std::size_t count = 0; !rest.empty(); ++count) {
        if (count == max_quoted_characters) {
            result.append("…");
            break;
        }
        const std::size_t size = utf8_size(rest);
        const std::string_view character = rest.substr(0, size == 0 ? 1 : size);
        if (size == 0 || is_harmful(character)) {
            append_escaped(result, character);
        } else {
            result.append(character);
        }
        rest.remove_prefix(character.size());
    }
    return result;
}

} // namespace apikeyd
