// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the history begins once its oldest rows were pruned. Internal to state/.

#include "config/time.hpp"
#include "state/history_chain.hpp"

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <string>

namespace apikeyd {

// Rows from the oldest on.
struct PrunedRows {
    std::uint64_t count = 0;
    history_chain::Mark last; // the newest of them
};

// The oldest rows up to the first that isn't older than `before`, so many at most; nothing if there are none
// but those that tell of earlier prunings.
std::optional<PrunedRows> find_prunable(SQLite::Database& db, WallTime before, std::size_t at_most);

// The end of the detail of the row that tells of a pruning: names the anchor, and so puts it into the chain.
std::string anchor_text(const history_chain::Mark& anchor);

} // namespace apikeyd
