// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/status/key_row.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace apikeyd {

enum class KeyOrder {
    state,    // what wants attention first
    name,     // bytewise, but for the case of ASCII letters; those without one last
    id,       //
    evidence, // what was answered longest ago first; those never answered before all
    source,   // as the files have it; what is in none last
};

// Which keys, in which order, and which page of them.
struct KeyQuery {
    std::string search; // part of a name (ASCII letters in any case) or of an id; empty: whatever
    std::optional<RowState> state;
    bool managed = false; // no unmanaged ones
    KeyOrder order = KeyOrder::state;
    bool descending = false;
    std::size_t page = 1; // one beyond the last is the last

    friend bool operator==(const KeyQuery&, const KeyQuery&) = default;
};
inline constexpr std::size_t rows_on_page = 50;

struct KeyTable {
    std::vector<KeyRow> rows;                         // of the page
    std::array<std::uint64_t, row_states> by_state{}; // of all keys, whatever the query
    std::uint64_t matching = 0;                       // keys that the query is about, on all pages
    std::size_t page = 1;                             // the one that these are
    std::optional<WallTime> oldest_in_sync;           // answer that a key in sync rests on

    std::uint64_t operator[](RowState state) const { return by_state[static_cast<std::size_t>(state)]; }
    std::uint64_t managed() const;
    std::size_t pages() const { return matching == 0 ? 1 : (matching + rows_on_page - 1) / rows_on_page; }
    std::size_t first() const { return (page - 1) * rows_on_page; } // index of the first row
};

// One pass over what is wanted and what is known, side by side in order of id. In memory are some dozen bytes
// for each key that matches, and the rows of the page. `known` ends before `find`, which finds one known key,
// is called for the first time. `desired`: nullptr where no file was good so far.
KeyTable make_key_table(const DesiredState* desired, std::unique_ptr<KnownSequence> known,
                        const std::function<std::optional<KnownKey>(const KeyId&)>& find,
                        const RowRules& rules, const KeyQuery& query);

} // namespace apikeyd
