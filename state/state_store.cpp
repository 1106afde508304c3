// SPDX-License-Identifier: Apache-2.0
#include "state/state_store.hpp"

#include "state/rows.hpp"
#include "state/state_file.hpp"
#include "state/state_lock.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace apikeyd {

using state_file::guarded;

namespace {

class StoredSequence final : public KnownSequence {
  public:
    StoredSequence(SQLite::Database& db, std::string path)
        : path_(std::move(path))
        , rows_(db, fmt::format("SELECT {} FROM known_key k LEFT JOIN in_doubt d ON d.id = k.id "
                                "ORDER BY k.id",
                                rows::known_columns)) {}

    const KnownKey* next() override {
        return guarded(path_, [&]() -> const KnownKey* {
            if (!rows_.executeStep()) {
                return nullptr;
            }
            rows::read_known(rows_, current_);
            return &current_;
        });
    }

  private:
    std::string path_;
    SQLite::Statement rows_;
    KnownKey current_;
};

} // namespace

struct StateStore::Impl {
    Impl(std::string path_in, SQLite::Database db_in, std::optional<StateLock> lock_in)
        : path(std::move(path_in))
        , lock(std::move(lock_in))
        , db(std::move(db_in))
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
    void append(const HistoryEntry& entry);
    void put(const ReconciliationEntry& entry);
    void put(const HeldPlan& plan);

    std::string path;
    std::optional<StateLock> lock; // dropped after the database is closed
    SQLite::Database db;
    std::optional<state_file::Identity> identity;
    std::optional<state_file::Identity> log_identity; // nothing: no log yet
    std::int64_t next_reconciliation = 0;
    std::optional<SQLite::Statement> put_key, put_doubt, clear_doubt, put_history, put_reconciliation,
        find_key;
};

void StateStore::Impl::put(const KnownKey& key) {
    // An upsert, since REPLACE would delete the row that a mark refers to.
    auto& insert = prepared(
        put_key, "INSERT INTO known_key VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET "
                 "name=excluded.name, enabled=excluded.enabled, created_at=excluded.created_at, "
                 "updated_at=excluded.updated_at, observed_at=excluded.observed_at, "
                 "secret=excluded.secret, rejected_name=excluded.rejected_name, "
                 "rejected_enabled=excluded.rejected_enabled, "
                 "rejected_why=excluded.rejected_why, rejected_at=excluded.rejected_at");
    insert.tryReset();
    rows::bind_known(insert, key);
    insert.exec();
    if (key.doubt.any()) {
        auto& mark = prepared(put_doubt, "INSERT OR REPLACE INTO in_doubt VALUES (?,?,?,?)");
        mark.tryReset();
        rows::bind_id(mark, 1, key.id);
        mark.bind(2, key.doubt.name ? 1 : 0);
        mark.bind(3, key.doubt.enabled ? 1 : 0);
        mark.bind(4, static_cast<std::int64_t>(key.doubt.since.time_since_epoch().count()));
        mark.exec();
    } else {
        auto& clear = prepared(clear_doubt, "DELETE FROM in_doubt WHERE id = ?");
        clear.tryReset();
        rows::bind_id(clear, 1, key.id);
        clear.exec();
    }
}

void StateStore::Impl::append(const HistoryEntry& entry) {
    auto& insert = prepared(put_history,
                            "INSERT INTO history (at, id, reconciliation, reason, asked_name, asked_enabled, "
                            "before_name, before_enabled, after_name, after_enabled, outcome, http_status, "
                            "attempt, duration_ms, source, revision, detail) "
                            "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    insert.tryReset();
    rows::bind_history(insert, entry);
    insert.exec();
}

void StateStore::Impl::put(const ReconciliationEntry& entry) {
    auto& insert =
        prepared(put_reconciliation, "INSERT OR REPLACE INTO reconciliation VALUES (?,?,?,?,?,?,?,?,?,?)");
    insert.tryReset();
    rows::bind_reconciliation(insert, entry);
    insert.exec();
}

void StateStore::Impl::put(const HeldPlan& plan) {
    SQLite::Statement insert(db, "INSERT INTO held_plan VALUES (?,?,?,?,?,?,?)");
    rows::bind_held_plan(insert, plan);
    insert.exec();
}

StateStore::StateStore(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
StateStore::StateStore(StateStore&&) noexcept = default;
StateStore& StateStore::operator=(StateStore&&) noexcept = default;
StateStore::~StateStore() = default;

StateStore StateStore::open(const std::string& given) {
    const bool in_memory = given == state_file::memory_path;
    const std::string path = in_memory ? given : state_file::resolve(given);
    std::optional<StateLock> lock;
    if (!in_memory) {
        lock.emplace(path + ".lock");
    }
    return guarded(path, [&] {
        auto impl = std::make_unique<Impl>(path, state_file::open_writable(path), std::move(lock));
        impl->next_reconciliation = impl->read_next_reconciliation();
        impl->find_log();
        return StateStore(std::move(impl));
    });
}

std::optional<StateStore> StateStore::open_reader(const std::string& given) {
    std::error_code ignored;
    const auto folder = std::filesystem::path(given).parent_path();
    if (!folder.empty() && !std::filesystem::exists(folder, ignored)) {
        return std::nullopt;
    }
    const std::string path = state_file::resolve(given);
    if (state_file::inspect(path) != state_file::Found::database) {
        return std::nullopt;
    }
    return guarded(path, [&]() -> std::optional<StateStore> {
        return StateStore(std::make_unique<Impl>(path, state_file::open_readable(path), std::nullopt));
    });
}

std::unique_ptr<KnownSequence> StateStore::known() {
    return guarded(impl_->path, [&] { return std::make_unique<StoredSequence>(impl_->db, impl_->path); });
}

std::optional<KnownKey> StateStore::find(const KeyId& id) {
    return guarded(impl_->path, [&]() -> std::optional<KnownKey> {
        static const std::string sql =
            fmt::format("SELECT {} FROM known_key k LEFT JOIN in_doubt d ON d.id = k.id WHERE k.id = ?",
                        rows::known_columns);
        auto& query = impl_->prepared(impl_->find_key, sql.c_str());
        query.reset();
        rows::bind_id(query, 1, id);
        std::optional<KnownKey> found;
        if (query.executeStep()) {
            rows::read_known(query, found.emplace());
        }
        query.reset(); // or it would keep its read transaction open
        return found;
    });
}

void StateStore::reopen() {
    guarded(impl_->path, [&] {
        if (impl_->in_place()) {
            if (!impl_->log_in_place()) {
                state_file::renew_log(impl_->db, impl_->path);
                impl_->find_log();
            }
            return;
        }
        auto fresh =
            std::make_unique<Impl>(impl_->path, state_file::open_writable(impl_->path), std::nullopt);
        fresh->next_reconciliation = std::max(impl_->next_reconciliation, fresh->read_next_reconciliation());
        fresh->find_log();
        fresh->lock = std::move(impl_->lock);
        impl_ = std::move(fresh);
    });
}

void StateStore::commit(const StateBatch& batch) {
    if (batch.empty()) {
        return;
    }
    guarded(impl_->path, [&] {
        impl_->require_in_place();
        SQLite::Transaction transaction(impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
        for (const KnownKey& key : batch.keys) {
            impl_->put(key);
        }
        for (const HistoryEntry& entry : batch.history) {
            impl_->append(entry);
        }
        for (const ReconciliationEntry& entry : batch.reconciliations) {
            impl_->put(entry);
        }
        if (batch.held) {
            impl_->db.exec("DELETE FROM held_plan");
            if (*batch.held) {
                impl_->put(**batch.held);
            }
        }
        transaction.commit();
        if (!impl_->log_identity) {
            impl_->find_log();
        }
    });
}

std::int64_t StateStore::next_reconciliation() {
    return impl_->next_reconciliation++;
}

std::optional<ReconciliationEntry> StateStore::last_reconciliation() {
    return guarded(impl_->path, [&]() -> std::optional<ReconciliationEntry> {
        SQLite::Statement query(impl_->db,
                                "SELECT seq, started_at, finished_at, revision, result, planned, applied, "
                                "rejected, failed, held FROM reconciliation ORDER BY seq DESC LIMIT 1");
        if (!query.executeStep()) {
            return std::nullopt;
        }
        return rows::read_reconciliation(query);
    });
}

std::optional<HeldPlan> StateStore::held_plan() {
    return guarded(impl_->path, [&]() -> std::optional<HeldPlan> {
        SQLite::Statement query(
            impl_->db, "SELECT digest, revision, why, since, ids, approved_at, approved FROM held_plan");
        if (!query.executeStep()) {
            return std::nullopt;
        }
        return rows::read_held_plan(query);
    });
}

std::vector<HistoryEntry> StateStore::history(const HistoryFilter& filter) {
    return guarded(impl_->path, [&] {
        std::string where;
        if (filter.key) {
            where += " AND id = :id";
        }
        if (filter.since) {
            where += " AND at >= :since";
        }
        SQLite::Statement query(
            impl_->db, fmt::format("SELECT {} FROM history WHERE true{} ORDER BY seq DESC LIMIT :limit",
                                   rows::history_columns, where));
        if (filter.key) {
            rows::bind_id(query, query.getIndex(":id"), *filter.key);
        }
        if (filter.since) {
            query.bind(":since", static_cast<std::int64_t>(filter.since->time_since_epoch().count()));
        }
        query.bind(":limit", static_cast<std::int64_t>(std::min<std::size_t>(filter.limit, INT64_MAX)));
        std::vector<HistoryEntry> entries;
        while (query.executeStep()) {
            entries.push_back(rows::read_history(query));
        }
        std::ranges::reverse(entries);
        return entries;
    });
}

StateCounts StateStore::counts() {
    return guarded(impl_->path, [&] {
        StateCounts counts;
        const auto count = [&](const char* sql) {
            return static_cast<std::uint64_t>(impl_->db.execAndGet(sql).getInt64());
        };
        counts.known = count("SELECT count(*) FROM known_key WHERE name IS NOT NULL");
        counts.in_doubt = count("SELECT count(*) FROM in_doubt");
        counts.rejected = count("SELECT count(*) FROM known_key WHERE rejected_at IS NOT NULL");
        return counts;
    });
}

Secret StateStore::fingerprint_key() {
    return guarded(impl_->path, [&] {
        return Secret(
            impl_->db.execAndGet("SELECT value FROM meta WHERE name = 'fingerprint_key'").getString());
    });
}

} // namespace apikeyd
