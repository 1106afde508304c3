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
#include <variant>
#include <vector>

namespace apikeyd {

// What one transaction writes. All of it is durable when commit() returns, or none of it.
struct StateBatch {
    std::vector<std::variant<KnownKey, KeyMark>>
        keys; // in order: each as it is from now on, its in-doubt mark included; or that mark alone
    std::vector<HistoryEntry> history;                // in order; seq is given by the store
    std::vector<ReconciliationEntry> reconciliations; // inserted, or replaced where seq is there already
    std::optional<std::optional<HeldPlan>> held = {}; // in place of what was held: a plan, or none
    std::vector<Commit> commits = {};                 // that history refers to; kept where new
    std::optional<std::optional<Suspension>> suspension = {}; // in place of the one before: one, or none
    std::optional<std::string> probes_proven =
        {}; // base URL of an API where a probe was seen to change nothing

    bool empty() const noexcept {
        return keys.empty() && history.empty() && reconciliations.empty() && !held && commits.empty() &&
               !suspension && !probes_proven;
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
    // is no state of ours, that fails SQLite's quick_check (of a state above 16 MB without the history), or
    // that a newer apikeyd wrote is refused and left untouched.
    // ":memory:" is a state that lives as long as the object.
    static StateStore open(const std::string& path);

    // As a reader; nothing if there is no file. Changes nothing.
    static std::optional<StateStore> open_reader(const std::string& path);

    // As a reader in the process of the writer, which has the file open and has judged it. Here nothing may
    // open the file but SQLite: closing any other descriptor of it would drop the locks of the whole process
    // (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_),
    // and another program might then take the log away from under the writer. Nothing if there is no file.
    static std::optional<StateStore> open_beside_writer(const std::string& path);

    // What is at the path, or nothing, as a state of one's own in memory, to look at and to write to while
    // another holds the file. Without the history. Changes nothing at the path and takes no lock.
    static StateStore open_copy(const std::string& path);

    StateStore(StateStore&&) noexcept;
    StateStore& operator=(StateStore&&) noexcept;
    ~StateStore();

    // All known keys by id. The sequence must be gone before the next commit(), and before the store.
    std::unique_ptr<KnownSequence> known();
    std::optional<KnownKey> find(const KeyId& id);
    // The next keys by id, at most so many, copied: no read transaction stays open. `after`: nothing for the
    // first.
    std::vector<KnownKey> known_after(const std::optional<KeyId>& after, std::size_t at_most);

    // Opens the file at the path anew, whichever it is now, under the lock that is held already. For a state
    // that was replaced; a file that can't be used leaves everything as it was. Where only SQLite's log
    // beside it was lost, nothing is: its commits go into the file first, as soon as nobody reads.
    void reopen();

    // One transaction, durable on return.
    void commit(const StateBatch& batch);

    // The number for the next reconciliation of this writer; unique in the file.
    std::int64_t next_reconciliation();
    std::optional<ReconciliationEntry> last_reconciliation();
    // The end of the last one that ended with everything as it was wanted.
    std::optional<WallTime> last_converged();

    // The plan that waits for approval, or was approved; nothing: none.
    std::optional<HeldPlan> held_plan();

    // Nothing: there is none. One that has ended is there until it is taken away.
    std::optional<Suspension> suspension();

    // The base URL at which a probe was seen to change nothing.
    std::optional<std::string> probes_proven();

    // The newest entries that pass the filter, oldest first.
    std::vector<HistoryEntry> history(const HistoryFilter& filter);
    // What HistoryEntry::commit refers to.
    std::optional<Commit> commit_of(const std::string& history_commit);

    // Reads the whole history, as of one moment: some 30 s for ten million rows.
    HistoryVerdict verify_history();

    // A time that the clock has passed by a day or more, by its own account, without having been set back to
    // before it: what is too old by that is so even if the clock is wrong now, as long as it wasn't for a
    // day. Nothing: none is known yet. Call it now and then, and prune by it.
    std::optional<WallTime> proven_time(WallTime now);

    // Takes out the oldest rows, up to the first that isn't older than `before`, at most so many, with the
    // commits that no other refers to, and appends one row at `now` that says so; it is what verify_history()
    // goes by from then on. One transaction, durable on return. Fewer than `at_most`: no more are old enough.
    // Where there are none but rows about earlier prunings it does nothing. Rows that aren't as they were
    // written stay, and all others with them.
    Pruning prune_history(WallTime before, std::size_t at_most, WallTime now);

    StateCounts counts();

    // The random key under which this state's fingerprints are made.
    Secret fingerprint_key();

  private:
    struct Impl;
    explicit StateStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace apikeyd
