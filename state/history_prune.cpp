// SPDX-License-Identifier: Apache-2.0
#include "state/history_age.hpp"
#include "state/history_anchor.hpp"
#include "state/history_log.hpp"
#include "state/history_walk.hpp"

#include <SQLiteCpp/Column.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace apikeyd {

using history_chain::Mark;

namespace {

// Rows from the oldest on.
struct OldRows {
    std::uint64_t count = 0;
    Mark last;             // the newest of them
    bool worth_it = false; // there are others than those that tell of earlier prunings

    void add(const Mark& row, bool of_pruning) {
        ++count;
        last = row;
        worth_it = worth_it || !of_pruning;
    }
};

bool has_unchained(SQLite::Database& db) {
    return db.execAndGet("SELECT EXISTS (SELECT 1 FROM history_unchained)").getInt() != 0;
}

// What no chain vouches for isn't held against one.
OldRows find_unchained(SQLite::Database& db, RowAges& ages, std::size_t at_most) {
    SQLite::Statement query(db, "SELECT seq, at FROM history_unchained ORDER BY seq");
    OldRows rows;
    while (rows.count < at_most && query.executeStep()) {
        const Mark row{query.getColumn(0).getInt64(), {}};
        if (!ages.old(row.seq, query.getColumn(1).getInt64())) {
            break;
        }
        rows.add(row, false);
    }
    return rows;
}

OldRows find_chained(HistoryWalk& walk, RowAges& ages, std::size_t at_most) {
    OldRows rows;
    while (rows.count < at_most && walk.next() &&
           ages.old(walk.newest().seq, walk.row().getColumn(1).getInt64())) {
        rows.add(walk.newest(), walk.row().getColumn(4).getString() == pruned_reason);
    }
    return rows;
}

void remove_rows(SQLite::Database& db, const char* table, std::int64_t up_to) {
    SQLite::Statement remove(db, fmt::format("DELETE FROM {} WHERE seq <= ?", table));
    remove.bind(1, up_to);
    remove.exec();
}

} // namespace

// What is taken out must be as it was written: it is signed off with it, and could never be looked at again.
Pruning HistoryLog::prune(WallTime before, std::size_t at_most, WallTime now) {
    RowAges ages(db_, before, now);
    const bool unchained = has_unchained(db_);
    OldRows old;
    { // a statement that reads a table would be in the way of its change
        HistoryWalk walk(db_);
        if (!walk.fault()) {
            old = unchained ? find_unchained(db_, ages, at_most) : find_chained(walk, ages, at_most);
        }
        if (walk.fault()) {
            return {0, 0, walk.fault()};
        }
    }
    // As many as that are, even if they tell of nothing else: others may be behind them.
    if (old.count == 0 || (!old.worth_it && old.count < at_most)) {
        return {};
    }
    remove_rows(db_, unchained ? "history_unchained" : "history", old.last.seq);
    forget_commits(old.last.seq);
    ages.keep();
    history_chain::write_mark(db_, history_chain::anchor, old.last);
    HistoryEntry entry;
    entry.at = now;
    entry.reason = pruned_reason;
    entry.detail = fmt::format("{} rows{}", old.count, anchor_text(old.last));
    append(std::span(&entry, 1));
    return {old.count, old.last.seq, std::nullopt};
}

// Whose rows are gone: they hold names of people.
void HistoryLog::forget_commits(std::int64_t pruned_to) {
    SQLite::Statement remove(db_, "DELETE FROM git_commit WHERE newest_row <= ?");
    remove.bind(1, pruned_to);
    remove.exec();
    last_commit_.reset();
}

} // namespace apikeyd
