// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "state/known.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace apikeyd::test {

// Key number n; ids ascend with n.
inline KeyId key_id(unsigned n) {
    KeyId::Bytes bytes{};
    for (std::size_t i = KeyId::size; n != 0; n >>= 8) {
        bytes[--i] = static_cast<std::uint8_t>(n & 0xFF);
    }
    return KeyId(bytes);
}

inline WallTime at_second(int n) {
    return WallTime{std::chrono::seconds{1'700'000'000 + n}};
}

// A key that was answered as this.
inline KnownKey seen(const KeyId& id, std::string name, bool enabled) {
    KnownKey key;
    key.id = id;
    Observed& observed = key.observed.emplace();
    observed.name = std::move(name);
    observed.enabled = enabled;
    observed.created_at = "2024-01-01T00:00:00Z";
    observed.updated_at = "2024-01-02T00:00:00.5Z";
    observed.observed_at = at_second(0);
    observed.secret.fill(7);
    return key;
}

} // namespace apikeyd::test
