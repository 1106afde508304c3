// SPDX-License-Identifier: Apache-2.0
#pragma once

// The history from its oldest row on, each held against the chain. Internal to state/.

#include "state/history_chain.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <optional>

namespace apikeyd {

// In a transaction of the caller, so that rows and marks are of one moment. Rows from before there was a
// chain are no part of it.
class HistoryWalk {
  public:
    explicit HistoryWalk(SQLite::Database& db);

    // The next row. False: there is no more, or fault() says what is wrong with it, or with where the chain
    // begins.
    bool next();

    // Of the row that next() came to: rows::history_columns.
    SQLite::Statement& row() noexcept { return rows_; }

    // That row; before the first one, what it follows.
    const history_chain::Mark& newest() const noexcept { return newest_; }
    const std::optional<history_chain::Mark>& anchor() const noexcept { return anchor_; }
    const std::optional<HistoryFault>& fault() const noexcept { return fault_; }

  private:
    void begin_behind_unchained(SQLite::Database& db);

    std::optional<history_chain::Mark> anchor_;
    history_chain::Mark newest_;
    std::optional<HistoryFault> fault_;
    SQLite::Statement rows_;
};

} // namespace apikeyd
