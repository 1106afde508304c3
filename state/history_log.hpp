// SPDX-License-Identifier: Apache-2.0
#pragma once

// The audit trail in the state file. Internal to state/.

#include "state/history_chain.hpp"
#include "state/state_store.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace apikeyd {

// Of one connection, which must outlive it. Throws SQLite::Exception, and StateError for what is no row of
// ours.
class HistoryLog {
  public:
    explicit HistoryLog(SQLite::Database& db)
        : db_(db) {}

    // Around a transaction that appends: unless it says that it was committed, the head is read anew for the
    // next one.
    class Writing {
      public:
        explicit Writing(HistoryLog& log)
            : log_(log) {}
        ~Writing() {
            if (!committed_) {
                log_.head_.reset();
                log_.last_commit_.reset();
            }
        }
        Writing(const Writing&) = delete;
        Writing& operator=(const Writing&) = delete;
        void committed() noexcept { committed_ = true; }

      private:
        HistoryLog& log_;
        bool committed_ = false;
    };

    // All within a transaction of the caller. The commits that entries refer to come first.
    void add(std::span<const Commit> commits);
    void append(std::span<const HistoryEntry> entries);
    Pruning prune(WallTime before, std::size_t at_most, WallTime now); // as StateStore::prune_history()

    std::vector<HistoryEntry> read(const HistoryFilter& filter);
    std::optional<Commit> find_commit(const std::string& reference);

    // In a read transaction of the caller, so that rows and marks are of one moment.
    HistoryVerdict verify();

  private:
    SQLite::Statement& prepared(std::optional<SQLite::Statement>& slot, const char* sql);
    history_chain::Mark read_head();
    history_chain::Mark& head();
    const Commit* commit_for(const std::string& reference);
    void forget_commits(std::int64_t pruned_to);
    void read_newest(std::string_view table, std::string_view columns, const HistoryFilter& filter,
                     std::vector<HistoryEntry>& entries);

    SQLite::Database& db_;
    std::optional<history_chain::Mark> head_; // nothing: not read yet
    std::optional<Commit> last_commit_;       // most rows refer to the one that the row before does
    std::optional<SQLite::Statement> insert_, put_head_, put_newest_;
};

} // namespace apikeyd
