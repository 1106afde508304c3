// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a StateStore holds. Internal to state/.

#include "state/history_log.hpp"
#include "state/state_file.hpp"
#include "state/state_lock.hpp"
#include "state/state_store.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace apikeyd {

// Names in `meta`.
inline constexpr const char* meta_fingerprint_key = "fingerprint_key";
inline constexpr const char* meta_probes_proven = "probes_proven";

struct StateStore::Impl {
    class Transaction;

    Impl(std::string path_in, SQLite::Database db_in, std::optional<StateLock> lock_in)
        : path(std::move(path_in))
        , lock(std::move(lock_in))
        , db(std::move(db_in))
        , history(db)
        , identity(state_file::identity_of(path)) {}

    SQLite::Statement& prepared(std::optional<SQLite::Statement>& slot, const char* sql) {
        if (!slot) {
            slot.emplace(db, sql);
        }
        return *slot;
    }

    bool in_place() const {
        return path == state_file::memory_path || state_file::identity_of(path) == identity;
    }
    bool log_in_place() const {
        return !log_identity || state_file::identity_of(state_file::log_path(path)) == log_identity;
    }

    // An unlinked or replaced file would go unnoticed by SQLite: commits would reach a file that nobody
    // finds.
    void require_in_place() const {
        if (!in_place() || !log_in_place()) {
            throw StateError(StateError::Kind::replaced,
                             fmt::format("{}: the state file was removed or replaced while in use",
                                         in_place() ? state_file::log_path(path) : path));
        }
    }

    // After the first access: SQLite makes it when it needs it.
    void find_log() { log_identity = state_file::identity_of(state_file::log_path(path)); }

    std::int64_t read_next_reconciliation() {
        return db.execAndGet("SELECT coalesce(max(seq), 0) + 1 FROM reconciliation").getInt64();
    }

    void put(const KnownKey& key);
    void put(const KeyMark& mark);
    void put_doubt_of(const KeyId& id, const Doubt& doubt);
    void put(const ReconciliationEntry& entry);
    void put(const std::optional<HeldPlan>& plan);
    void put(const std::optional<Suspension>& suspension);
    std::optional<std::string> find_meta(const char* name);
    void put_meta(const char* name, const std::string& value);
    void write(const StateBatch& batch); // within a transaction

    std::string path;
    std::optional<StateLock> lock; // dropped after the database is closed
    SQLite::Database db;
    HistoryLog history;
    std::optional<state_file::Identity> identity;
    std::optional<state_file::Identity> log_identity; // nothing: no log yet
    std::int64_t next_reconciliation = 0;
    std::optional<SQLite::Statement> update_key, insert_key, is_known, insert_id, put_doubt, clear_doubt,
        put_reconciliation, find_key, begin, end;
};

// Rolled back unless committed. Prepared once: there is one for each batch.
class StateStore::Impl::Transaction {
  public:
    explicit Transaction(Impl& impl);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

  private:
    Impl& impl_;
    bool committed_ = false;
};

} // namespace apikeyd
