// SPDX-License-Identifier: Apache-2.0
#pragma once

// How old the rows of the history are, seeing that clocks are wrong at times. Internal to state/.

#include "config/time.hpp"

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>

namespace apikeyd {

// As StateStore::proven_time(), within a transaction of the caller.
std::optional<WallTime> proven_time(SQLite::Database& db, WallTime now);

// Tells which rows are old enough to be pruned: those from before a moment. Ask for one row after the other,
// from the oldest on, and stop at the first that isn't.
//
// The time of a row is believed if it is neither later than now nor earlier than that of a row before it. A
// row that isn't believed counts as written just before the next one that is.
class RowAges {
  public:
    RowAges(SQLite::Database& db, WallTime before, WallTime now);

    bool old(std::int64_t seq, std::int64_t at);

    // Keeps what was learned of the rows that old() was true of: call when they are taken out.
    void keep();

  private:
    SQLite::Database& db_;
    std::int64_t before_; // milliseconds
    std::int64_t now_;
    std::int64_t newest_;        // the time of an old row that was believed, of those taken out earlier, too
    std::int64_t old_up_to_ = 0; // this row is believed and old, and so are those before it
};

} // namespace apikeyd
