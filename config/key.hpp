// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace apikeyd {

// The id of an API key: a MongoDB ObjectId, 12 bytes, written as 24 hex digits
// (https://www.mongodb.com/docs/manual/reference/method/ObjectId/). Parsed once, compared as bytes, so two
// spellings of one id are one id.
class KeyId {
  public:
    static constexpr std::size_t size = 12;
    using Bytes = std::array<std::uint8_t, size>;

    KeyId() = default; // all zero
    explicit KeyId(const Bytes& bytes) noexcept
        : bytes_(bytes) {}

    // 24 hex digits in any case and nothing else; otherwise nothing.
    static std::optional<KeyId> parse(std::string_view text) noexcept;

    // Lower-case hex, 24 digits.
    std::string to_string() const;
    const Bytes& bytes() const noexcept { return bytes_; }

    friend bool operator==(const KeyId&, const KeyId&) = default;

    // As the bytes; by whole words, since sorting a desired file is little else than this.
    friend std::strong_ordering operator<=>(const KeyId& a, const KeyId& b) noexcept {
        const auto first = a.word<std::uint64_t>(0) <=> b.word<std::uint64_t>(0);
        return std::is_neq(first) ? first : a.word<std::uint32_t>(8) <=> b.word<std::uint32_t>(8);
    }

  private:
    // Big-endian, so that numbers compare as the bytes do. Compilers make one instruction of it.
    template <typename Word>
    Word word(std::size_t offset) const noexcept {
        Word value = 0;
        for (std::size_t i = 0; i < sizeof value; ++i) {
            value = static_cast<Word>(value << 8 | bytes_[offset + i]);
        }
        return value;
    }

    Bytes bytes_{};
};

// What the operator wants of one key at the moment of the DesiredState that holds it. A field left out is not
// managed. `name` points into that state and lives as long as it.
struct DesiredKey {
    KeyId id;
    std::uint32_t file = 0;      // index into DesiredState::files()
    std::uint32_t line = 0;      // 1-based
    std::optional<bool> enabled; // now, where `timed`
    bool timed = false;          // enabled follows from DesiredState::times()
    std::optional<std::string_view> name;
};
static_assert(sizeof(DesiredKey) <= 24 + sizeof(std::optional<std::string_view>), "there may be millions");

} // namespace apikeyd

template <>
struct std::hash<apikeyd::KeyId> {
    std::size_t operator()(const apikeyd::KeyId& id) const noexcept {
        // The last 8 bytes hold an ObjectId's random part and counter. The counter ends up in the highest
        // bits of the number, which a multiplication only moves further up: fold them down for tables that
        // use the low ones.
        std::uint64_t tail = 0;
        std::memcpy(&tail, id.bytes().data() + apikeyd::KeyId::size - sizeof tail, sizeof tail);
        tail = (tail ^ (tail >> 32)) * 0x9E3779B97F4A7C15ULL;
        tail = (tail ^ (tail >> 29)) * 0xBF58476D1CE4E5B9ULL;
        return static_cast<std::size_t>(tail ^ (tail >> 32));
    }
};
