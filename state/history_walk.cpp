// SPDX-License-Identifier: Apache-2.0
#include "state/history_walk.hpp"

#include "state/history_anchor.hpp"
#include "state/rows.hpp"

#include <SQLiteCpp/Column.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace apikeyd {

using history_chain::Mark;
using Kind = HistoryFault::Kind;

namespace {

// The row that told of the last pruning must name the anchor in force: it is in the chain, the anchor is not.
std::optional<HistoryFault> check_anchor(SQLite::Database& db, const std::optional<Mark>& anchor) {
    if (!anchor) {
        return std::nullopt; // then the first row must follow nothing
    }
    SQLite::Statement query(db, "SELECT seq, detail FROM history WHERE reason = ? ORDER BY seq DESC LIMIT 1");
    query.bind(1, std::string(pruned_reason));
    if (!query.executeStep()) {
        return HistoryFault{Kind::anchor_changed, 0};
    }
    if (!query.getColumn(1).getString().ends_with(anchor_text(*anchor))) {
        return HistoryFault{Kind::anchor_changed, query.getColumn(0).getInt64()};
    }
    return std::nullopt;
}

std::optional<HistoryFault> check_row(const Mark& before, const Mark& stated, const Digest& found) {
    if (stated.seq <= before.seq) {
        return HistoryFault{Kind::added, stated.seq}; // of the numbers that were pruned, or are unchained
    }
    if (found == stated.chain) {
        return std::nullopt;
    }
    // After a gap the row is right and what it follows is gone. A gap alone proves nothing: the writer leaves
    // one where rows were lost at the end.
    return stated.seq > before.seq + 1 ? HistoryFault{Kind::missing, before.seq + 1}
                                       : HistoryFault{Kind::changed, stated.seq};
}

} // namespace

HistoryWalk::HistoryWalk(SQLite::Database& db)
    : anchor_(history_chain::read_mark(db, history_chain::anchor))
    , newest_(anchor_.value_or(Mark{}))
    , fault_(check_anchor(db, anchor_))
    , rows_(db, fmt::format("SELECT {}, {}, h.chain FROM history h {} ORDER BY h.seq", rows::history_columns,
                            history_chain::commit_columns, history_chain::commit_join)) {
    begin_behind_unchained(db);
}

// The first row that was chained follows zeros, so rows can't be passed off as unchained: the one behind them
// would follow something else.
void HistoryWalk::begin_behind_unchained(SQLite::Database& db) {
    SQLite::Statement query(db, "SELECT (SELECT min(seq) FROM history_unchained), "
                                "(SELECT max(seq) FROM history_unchained)");
    query.executeStep();
    if (query.getColumn(0).isNull()) {
        return;
    }
    const std::int64_t oldest = query.getColumn(0).getInt64();
    if (!fault_ && (newest_.seq >= oldest || newest_.chain != Digest{})) {
        fault_ = HistoryFault{Kind::added, oldest};
    }
    newest_.seq = std::max(newest_.seq, query.getColumn(1).getInt64());
}

bool HistoryWalk::next() {
    if (fault_ || !rows_.executeStep()) {
        return false;
    }
    const Mark stated{rows_.getColumn(0).getInt64(),
                      history_chain::read_digest(rows_.getColumn(rows_.getColumnCount() - 1))};
    fault_ = check_row(newest_, stated, history_chain::next(newest_.chain, rows_));
    if (fault_) {
        return false;
    }
    newest_ = stated;
    return true;
}

} // namespace apikeyd
