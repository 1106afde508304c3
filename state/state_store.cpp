// SPDX-License-Identifier: Apache-2.0
#include "state/store_impl.hpp"

#include "state/history_age.hpp"
#include "state/rows.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Transaction.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace apikeyd {

using state_file::guarded;

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

void StateStore::Impl::put(const ReconciliationEntry& entry) {
    auto& insert =
        prepared(put_reconciliation, "INSERT OR REPLACE INTO reconciliation VALUES (?,?,?,?,?,?,?,?,?,?)");
    insert.tryReset();
    rows::bind_reconciliation(insert, entry);
    insert.exec();
}

void StateStore::Impl::put(const std::optional<HeldPlan>& plan) {
    db.exec("DELETE FROM held_plan");
    if (plan) {
        SQLite::Statement insert(db, "INSERT INTO held_plan VALUES (?,?,?,?,?,?,?)");
        rows::bind_held_plan(insert, *plan);
        insert.exec();
    }
}

void StateStore::Impl::put(const std::optional<Suspension>& suspension) {
    db.exec("DELETE FROM suspension");
    if (suspension) {
        SQLite::Statement insert(db, "INSERT INTO suspension VALUES (?,?,?,?)");
        rows::bind_suspension(insert, *suspension);
        insert.exec();
    }
}

std::optional<std::string> StateStore::Impl::find_meta(const char* name) {
    SQLite::Statement query(db, "SELECT value FROM meta WHERE name = ?");
    query.bindNoCopy(1, name);
    return query.executeStep() ? std::optional(query.getColumn(0).getString()) : std::nullopt;
}

void StateStore::Impl::put_meta(const char* name, const std::string& value) {
    SQLite::Statement insert(db, "INSERT OR REPLACE INTO meta VALUES (?, ?)");
    insert.bindNoCopy(1, name);
    insert.bindNoCopy(2, value.data(), static_cast<int>(value.size())); // a blob
    insert.exec();
}

void StateStore::Impl::write(const StateBatch& batch) {
    for (const KnownKey& key : batch.keys) {
        put(key);
    }
    history.add(batch.commits);
    history.append(batch.history);
    for (const ReconciliationEntry& entry : batch.reconciliations) {
        put(entry);
    }
    if (batch.held) {
        put(*batch.held);
    }
    if (batch.suspension) {
        put(*batch.suspension);
    }
    if (batch.probes_proven) {
        put_meta(meta_probes_proven, *batch.probes_proven);
    }
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
        state_file::require_safe_folder(path);
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

std::optional<StateStore> StateStore::open_beside_writer(const std::string& given) {
    const std::string path = state_file::resolve(given);
    if (!state_file::identity_of(path)) {
        return std::nullopt;
    }
    return guarded(path, [&]() -> std::optional<StateStore> {
        return StateStore(std::make_unique<Impl>(path, state_file::open_readable(path), std::nullopt));
    });
}

StateStore StateStore::open_copy(const std::string& path) {
    constexpr std::size_t at_once = 10'000;
    StateStore copy = open(std::string(state_file::memory_path));
    auto source = open_reader(path);
    if (!source) {
        return copy;
    }
    // Not by SQLite's backup, which would take the whole history along.
    const auto one_moment = guarded(source->impl_->path,
                                    [&] { return std::make_unique<SQLite::Transaction>(source->impl_->db); });
    StateBatch batch;
    batch.held = source->held_plan();
    batch.suspension = source->suspension();
    batch.probes_proven = source->probes_proven();
    if (auto last = source->last_reconciliation()) {
        batch.reconciliations.push_back(*std::move(last));
    }
    const auto keys = source->known();
    while (const KnownKey* key = keys->next()) {
        batch.keys.push_back(*key);
        if (batch.keys.size() == at_once) {
            copy.commit(std::exchange(batch, {}));
        }
    }
    copy.commit(batch);
    std::string fingerprint_key(source->fingerprint_key().reveal());
    guarded(path, [&] { copy.impl_->put_meta(meta_fingerprint_key, fingerprint_key); });
    wipe(fingerprint_key);
    copy.impl_->next_reconciliation = copy.impl_->read_next_reconciliation();
    return copy;
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
        if (impl_->log_identity && impl_->log_in_place()) {
            state_file::take_log_away(impl_->db, impl_->path);
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
        HistoryLog::Writing writing(impl_->history);
        SQLite::Transaction transaction(impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
        impl_->write(batch);
        transaction.commit();
        writing.committed();
        if (!impl_->log_identity) {
            impl_->find_log();
        }
    });
}

std::optional<WallTime> StateStore::proven_time(WallTime now) {
    return guarded(impl_->path, [&] {
        impl_->require_in_place();
        SQLite::Transaction transaction(impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
        const auto time = apikeyd::proven_time(impl_->db, now);
        transaction.commit();
        return time;
    });
}

Pruning StateStore::prune_history(WallTime before, std::size_t at_most, WallTime now) {
    return guarded(impl_->path, [&] {
        impl_->require_in_place();
        HistoryLog::Writing writing(impl_->history);
        SQLite::Transaction transaction(impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
        const Pruning pruning = impl_->history.prune(before, at_most, now);
        if (pruning.rows > 0) {
            transaction.commit();
        }
        writing.committed();
        return pruning;
    });
}

std::int64_t StateStore::next_reconciliation() {
    return impl_->next_reconciliation++;
}

} // namespace apikeyd
