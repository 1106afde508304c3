// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "state/known.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace apikeyd {

// How a key stands, as the page shows it; what wants attention first. Exactly one holds. All but the last
// make up the managed keys.
enum class RowState : std::uint8_t {
    rejected,
    held, // its disable waits for approval
    in_doubt,
    drifted,
    unseen, // never answered
    in_sync,
    unmanaged, // nothing is wanted of it
};
inline constexpr std::size_t row_states = 7;
std::string_view to_string(RowState state) noexcept; // "in_doubt": what a query says
std::string_view label_of(RowState state) noexcept;  // "in doubt": what people read
std::optional<RowState> parse_row_state(std::string_view text) noexcept;

// One key: what is wanted, what is known, and what follows from it.
struct KeyRow {
    KeyId id;
    Fields wanted; // as the file says; without a field: not managed
    bool in_file = false;
    std::optional<Fields> known; // as it was answered last: both fields; nothing: never answered
    std::optional<WallTime> known_at;
    RowState state = RowState::unmanaged;
    std::string why;               // of the state, for people; may be empty
    std::optional<WallTime> since; // what `why` tells of
    std::string file;              // empty: not in the file
    std::uint32_t line = 0;
};

// What it takes to say how keys stand, besides what is wanted and known of them.
struct RowRules {
    bool disable_removed = false; // what becomes of a key that the file doesn't name any more
    std::function<bool(const KeyId&)> held = [](const KeyId&) { return false; };
    std::optional<KeyId> refused_own; // the key whose disable is refused since it is our own
};

// Pure. `desired`: nullptr where no file was good so far, `key`: nullptr where it doesn't name the key; then
// `known` may not be nullptr.
RowState row_state(const DesiredState* desired, const DesiredKey* key, const KnownKey* known,
                   const RowRules& rules);
KeyRow make_row(const DesiredState* desired, const DesiredKey* key, const KnownKey* known,
                const RowRules& rules);

// What the key is called: as the file wants it, else as it was answered last; empty: neither.
std::string_view name_of(const DesiredKey* key, const KnownKey* known) noexcept;
std::string_view name_of(const KeyRow& row) noexcept;

} // namespace apikeyd
