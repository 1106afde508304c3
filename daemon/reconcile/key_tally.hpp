// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "daemon/plan/plan.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace apikeyd {

// How a key stands while a plan is carried out. Exactly one holds.
enum class KeyState : std::uint8_t {
    in_sync,
    drifted, // wanted otherwise than it was answered last, or never answered
    in_doubt,
    rejected,
    held, // its disable waits for approval
};
inline constexpr std::size_t key_states = 5;

// How many keys stand how: of those that the file manages, and of those that it no longer names as long as
// they are to be disabled.
struct KeyCounts {
    std::array<std::uint64_t, key_states> by_state{};

    std::uint64_t operator[](KeyState state) const { return by_state[static_cast<std::size_t>(state)]; }
    friend bool operator==(const KeyCounts&, const KeyCounts&) = default;
};

// Keeps these counts from a plan on, a byte a key.
class KeyTally {
  public:
    // What a plan says of all keys. They must have been planned from this desired state.
    void begin(std::shared_ptr<const DesiredState> desired, const Plan& plan);

    // From now on; as often as one likes. A key that the file doesn't manage, and that is in sync, isn't
    // counted.
    void set(const KeyId& id, KeyState state);

    const KeyCounts& counts() const noexcept { return counts_; }

    // Of the keys that the file manages: how many there are, and the position (in the desired state's order)
    // of one that stands so: the first from there on, and on from the beginning; nothing: there is none.
    std::uint64_t managed() const noexcept { return managed_; }
    std::optional<std::size_t> find(KeyState state, std::size_t from) const;

  private:
    static constexpr std::uint8_t unmanaged = 0xFF;
    std::uint64_t& count(KeyState state) { return counts_.by_state[static_cast<std::size_t>(state)]; }

    std::shared_ptr<const DesiredState> desired_;
    std::vector<std::uint8_t> states_; // KeyState or unmanaged, in the order of the desired keys
    std::uint64_t managed_ = 0;
    std::unordered_map<KeyId, KeyState> removed_;
    KeyCounts counts_;
};

KeyState key_state(Standing standing) noexcept;
// How a key stands for which this is to be sent, until it is.
KeyState key_state(const Change& change) noexcept;

} // namespace apikeyd
