// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/secret.hpp"
#include "state/known.hpp"
#include "state/state_error.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace apikeyd {

// What one transaction writes. All of it is durable when commit() returns, or none of it.
struct StateBatch {
    std::vector<KnownKey> keys;                       // each as it is from now on, its in-doubt mark included
    std::vector<HistoryEntry> history;                // in order; seq is given by the store
    std::vector<ReconciliationEntry> reconciliations; // inserted, or replaced where seq is there already
    std::optional<std::optional<HeldPlan>> held = {}; // in place of what was held: a plan, or none

    bool empty() const noexcept {
        return keys.empty() && history.empty() && reconciliations.empty() && !held;
    }
};

struct HistoryFilter {
    std::optional<KeyId> key;
    std::optional<WallTime> since;
    std::size_t limit = 50; // the newest so many, oldest first
};

struct StateCounts {
    std::uint64_t known = 0, in_doubt = 0, rejected = 0;
};

// What the API last said, in SQLite (WAL, synchronous=FULL). One writer at a time by a kernel lock; any
// number of readers beside it, in other processes too. An object is used by one thread. Every function throws
// StateError when the file can't be used.
class StateStore {
  public:
    // As the writer: creates the file (0600) where there is none, brings its schema up to date. A file that
    // is no state of ours, that fails SQLite's quick_check, or that a newer apikeyd wrote is refused and left
    // untouched.
    // ":memory:" is a state that lives as long as the object.
    static StateStore open(const std::string& path);

    // As a reader; nothing if there is no file. Changes nothing.
    static std::optional<StateStore> open_reader(const std::string& path);

    StateStore(StateStore&&) noexcept;
    StateStore& operator=(StateStore&&) noexcept;
    ~StateStore();

    // All known keys by id. The sequence must be gone before the next commit(), and before the store.
    std::unique_ptr<KnownSequence> known();
    std::optional<KnownKey> find(const KeyId& id);

    // Opens the file at the path anew, whichever it is now, under the lock that is held already. For a state
    // that was replaced; a file that can't be used leaves everything as it was. Where only SQLite's log
    // beside it was lost, nothing is: its commits go into the file first, as soon as nobody reads.
    void reopen();

    // One transaction, durable on return.
    void commit(const StateBatch& batch);

    // The number for the next reconciliation of this writer; unique in the file.
    std::int64_t next_reconciliation();
    std::optional<ReconciliationEntry> last_reconciliation();

    // The plan that waits for approval, or was approved; nothing: none.
    std::optional<HeldPlan> held_plan();

    std::vector<HistoryEntry> history(const HistoryFilter& filter);
    StateCounts counts();

    // The random key under which this state's fingerprints are made.
    Secret fingerprint_key();

  private:
    struct Impl;
    explicit StateStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace apikeyd
