// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/status/key_table.hpp"
#include "daemon/status/snapshot.hpp"
#include "daemon/status/status_report.hpp"
#include "daemon/status/turnstile.hpp"
#include "state/known.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace apikeyd {

// The last rows of the audit trail, newest first.
struct RecentHistory {
    std::vector<HistoryEntry> entries;
    std::map<std::string, Commit> commits; // by HistoryEntry::commit
};

// At work on a table of keys, or waiting for it: the other threads of the server stay free for what is quick.
inline constexpr unsigned most_tables = 4;

// Reads the state beside the main thread, in the same process. What it returns is copied: no transaction is
// open when an answer is written, however slowly that is read. Thread-safe. Throws StateError.
class StatusReader {
  public:
    explicit StatusReader(std::string state_path)
        : state_path_(std::move(state_path)) {}

    // All but the keys. To count takes a look at every key, so that is done once for each snapshot, and by
    // one thread at a time. Long lists are cut off.
    std::shared_ptr<const StatusReport> report(const StatusSnapshot& snapshot, WallTime now);

    // The next keys by id, at most so many.
    std::vector<KnownKey> keys(const std::optional<KeyId>& after, std::size_t at_most) const;

    RecentHistory history(std::size_t at_most) const;

    // The keys as a query wants them, at a look at every key: one at a time, and the last answer is kept for
    // whoever asks the same. nullptr: too many wait for theirs already.
    std::shared_ptr<const KeyTable> key_table(const StatusSnapshot& snapshot, const StatusReport& report,
                                              const KeyQuery& query);

    // What key_table() goes through: whoever has a turn of it lets no other look.
    Turnstile& tables() noexcept { return tables_; }

  private:
    KeyTable scan(const StatusSnapshot& snapshot, const StatusReport& report, const KeyQuery& query) const;

    std::string state_path_;
    Turnstile tables_{most_tables}; // guards what follows
    std::uint64_t table_number_ = 0;
    KeyQuery table_query_;
    std::shared_ptr<const KeyTable> table_; // of the snapshot with this number, for this query

    std::mutex mutex_; // guards what follows
    std::uint64_t number_ = 0;
    std::shared_ptr<const StatusReport> report_; // of the snapshot with this number
};

} // namespace apikeyd
