// SPDX-License-Identifier: Apache-2.0
#include "state/history_age.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include <chrono>
#include <limits>

namespace apikeyd {

namespace {

// A clock that starts wrong, as after a loss of its battery, is set right within minutes by whoever keeps it.
constexpr std::chrono::hours proof{24};

// Names in `meta`: times in milliseconds, as decimal digits.
constexpr const char* clock_seen = "history_clock_seen";     // what the clock said at a look
constexpr const char* clock_proven = "history_clock_proven"; // what it said a day before that
constexpr const char* pruned_time = "history_pruned_time";   // the latest time of a row that was pruned

std::optional<std::int64_t> read_time(SQLite::Database& db, const char* name) {
    SQLite::Statement query(db, "SELECT CAST(CAST(value AS TEXT) AS INTEGER) FROM meta WHERE name = ?");
    query.bindNoCopy(1, name);
    return query.executeStep() ? std::optional(query.getColumn(0).getInt64()) : std::nullopt;
}

void write_time(SQLite::Database& db, const char* name, std::int64_t time) {
    SQLite::Statement insert(db, "INSERT OR REPLACE INTO meta VALUES (?, CAST(CAST(? AS TEXT) AS BLOB))");
    insert.bindNoCopy(1, name);
    insert.bind(2, time);
    insert.exec();
}

std::int64_t milliseconds(WallTime time) {
    return time.time_since_epoch().count();
}

} // namespace

std::optional<WallTime> proven_time(SQLite::Database& db, WallTime now) {
    const auto seen = read_time(db, clock_seen);
    auto proven = read_time(db, clock_proven);
    if (!seen || milliseconds(now) < *seen) { // the first look; or the clock was set back, and proves nothing
        write_time(db, clock_seen, milliseconds(now));
    } else if (milliseconds(now) - *seen >= std::chrono::milliseconds(proof).count()) {
        proven = seen;
        write_time(db, clock_proven, *seen);
        write_time(db, clock_seen, milliseconds(now));
    }
    // Set back to before what seemed to be proven: later it would seem so again.
    if (proven && *proven > milliseconds(now)) {
        db.exec("DELETE FROM meta WHERE name = 'history_clock_proven'");
        proven.reset();
    }
    return proven ? std::optional(WallTime{std::chrono::milliseconds{*proven}}) : std::nullopt;
}

RowAges::RowAges(SQLite::Database& db, WallTime before, WallTime now)
    : db_(db)
    , before_(milliseconds(before))
    , now_(milliseconds(now))
    , newest_(read_time(db, pruned_time).value_or(std::numeric_limits<std::int64_t>::min())) {}

bool RowAges::old(std::int64_t seq, std::int64_t at) {
    if (seq <= old_up_to_) {
        return true;
    }
    if (at < newest_ || at > now_) {
        // By number, not by the index of the time, which would gather all that follows.
        SQLite::Statement query(
            db_, "SELECT seq, at FROM (SELECT seq, at FROM history_unchained UNION ALL SELECT seq, at FROM "
                 "history) WHERE seq > ? AND +at BETWEEN ? AND ? ORDER BY seq LIMIT 1");
        query.bind(1, seq);
        query.bind(2, newest_);
        query.bind(3, now_);
        if (!query.executeStep()) {
            return false;
        }
        seq = query.getColumn(0).getInt64();
        at = query.getColumn(1).getInt64();
    }
    if (at >= before_) {
        return false;
    }
    old_up_to_ = seq;
    newest_ = at;
    return true;
}

void RowAges::keep() {
    if (old_up_to_ > 0) {
        write_time(db_, pruned_time, newest_);
    }
}

} // namespace apikeyd
