// SPDX-License-Identifier: Apache-2.0
#include "state/history_anchor.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>

#include <algorithm>

namespace apikeyd {

std::optional<PrunedRows> find_prunable(SQLite::Database& db, WallTime before, std::size_t at_most) {
    SQLite::Statement query(db, "SELECT seq, at, reason = ?, chain FROM history ORDER BY seq LIMIT ?");
    query.bind(1, std::string(pruned_reason));
    query.bind(2, static_cast<std::int64_t>(std::min<std::size_t>(at_most, INT64_MAX)));
    const std::int64_t limit = before.time_since_epoch().count();
    PrunedRows rows;
    bool worth_it = false;
    while (query.executeStep() && query.getColumn(1).getInt64() < limit) {
        ++rows.count;
        rows.last = {query.getColumn(0).getInt64(), history_chain::read_digest(query.getColumn(3))};
        worth_it = worth_it || query.getColumn(2).getInt() == 0;
    }
    return worth_it ? std::optional(rows) : std::nullopt;
}

std::string anchor_text(const history_chain::Mark& anchor) {
    return fmt::format(" up to row {}, {}", anchor.seq, to_string(anchor.chain));
}

} // namespace apikeyd
