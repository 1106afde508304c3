// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace apikeyd {

// A text that must never be shown: it can't be printed, compared or converted by accident, and its memory is
// wiped when it goes. Moving leaves the source empty and wiped.
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string&& text) noexcept; // takes the text; the argument is left wiped
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept;
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other) noexcept;
    ~Secret();

    // The text itself, to hand to the one place that needs it. Valid while this object lives unchanged.
    std::string_view reveal() const noexcept { return text_; }
    bool empty() const noexcept { return text_.empty(); }

    // In constant time for texts of one length.
    bool same_as(const Secret& other) const noexcept;

  private:
    std::string text_;
};

// Overwrites and empties a buffer that held a secret; the compiler can't drop it.
void wipe(std::string& text) noexcept;

// HMAC-SHA-256 (RFC 2104, FIPS 180-4) of a secret under a key that only the state file holds: tells whether
// two secrets are the same, and nothing else about them.
using Fingerprint = std::array<std::uint8_t, 32>;

// Copies share the key; safe to use from several threads.
class Fingerprinter {
  public:
    explicit Fingerprinter(const Secret& key);
    Fingerprint operator()(std::string_view secret) const;

  private:
    std::shared_ptr<const void> keyed_; // OpenSSL's EVP_MAC_CTX, to begin each fingerprint with a copy of
};

// SHA-256 (FIPS 180-4).
using Digest = std::array<std::uint8_t, 32>;

// "sha256:" and 64 lower-case hex digits.
std::string to_string(const Digest& digest);

class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void update(std::string_view bytes);
    std::string finish(); // as text; one of the two, once
    Digest finish_bytes();

  private:
    void* context_;
};

} // namespace apikeyd
