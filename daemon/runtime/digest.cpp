// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/digest.hpp"

namespace apikeyd {

namespace {

constexpr std::string_view algorithm = "sha256:";
constexpr std::size_t shortest_digest = 8; // digits
constexpr std::size_t shown_digits = 12;

std::string_view digits(std::string_view digest) {
    return digest.starts_with(algorithm) ? digest.substr(algorithm.size()) : digest;
}

} // namespace

bool digest_matches(std::string_view digest, std::string_view given) {
    given = digits(given);
    return given.size() >= shortest_digest && digits(digest).starts_with(given);
}

std::string short_digest(std::string_view digest) {
    return std::string(digits(digest).substr(0, shown_digits));
}

} // namespace apikeyd
