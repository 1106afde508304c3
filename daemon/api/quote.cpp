// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/quote.hpp"

#include "config/utf8.hpp"
#include "daemon/api/redact.hpp"

#include <cstddef>

namespace apikeyd {

namespace {

constexpr std::size_t max_quoted_characters = 200;
constexpr std::size_t max_read_bytes = 4'096; // more of a message is not looked at

// The front of the text. A word that the end would cut is left out: half a secret is no longer recognized.
std::string_view whole_words(std::string_view text) noexcept {
    if (text.size() <= max_read_bytes) {
        return text;
    }
    const std::size_t end = text.substr(0, max_read_bytes).find_last_of(" \t\r\n");
    return text.substr(0, end == text.npos ? 0 : end);
}

} // namespace

std::string quote_foreign(std::string_view text, const Secret& token) {
    const std::string_view read = whole_words(text);
    const std::string safe = redact_opaque_words(redact_secret(read, token));
    std::size_t end = 0;
    for (std::size_t count = 0; end < safe.size() && count < max_quoted_characters; ++count) {
        end += decode_utf8(safe, end).size;
    }
    const bool cut = end < safe.size() || read.size() < text.size();
    return visible_text(std::string_view(safe).substr(0, end)) + (cut ? "…" : "");
}

} // namespace apikeyd
