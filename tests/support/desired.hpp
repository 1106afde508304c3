// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "config/secret.hpp"
#include "state/known.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace apikeyd::test {

struct Wanted {
    KeyId id;
    std::optional<std::string_view> name;
    std::optional<bool> enabled;
    EnabledTimes times{};
};

// A desired state as if read from keys.yaml at that moment; the first key on line 3, then one a line.
inline DesiredState desired_state(const std::vector<Wanted>& keys, WallTime now = {}) {
    DesiredState::Builder builder;
    const auto file = builder.add_file("keys.yaml");
    std::uint32_t line = 3;
    Sha256 digest;
    for (const Wanted& key : keys) {
        digest.update(key.id.to_string() + std::string(key.name.value_or("-")) +
                      (key.enabled ? (*key.enabled ? "+" : "-") : "?"));
        for (const auto& time : {key.times.from, key.times.until}) {
            digest.update(time ? format_rfc3339(*time) : "-");
        }
        builder.add(key.id, key.name, key.enabled, file, line++, key.times);
    }
    return std::move(builder).build(digest.finish(), now);
}

// Known keys from memory, in order of id.
class KnownList final : public KnownSequence {
  public:
    explicit KnownList(std::vector<KnownKey> keys)
        : keys_(std::move(keys)) {
        std::ranges::sort(keys_, {}, &KnownKey::id);
    }
    const KnownKey* next() override { return next_ < keys_.size() ? &keys_[next_++] : nullptr; }

  private:
    std::vector<KnownKey> keys_;
    std::size_t next_ = 0;
};

} // namespace apikeyd::test
