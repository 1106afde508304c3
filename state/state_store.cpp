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

StateStore::Impl::Transaction::Transaction(Impl& impl)
    : impl_(impl) {
    auto& begin = impl_.prepared(impl_.begin, "BEGIN IMMEDIATE");
    begin.tryReset();
    begin.exec();
}

StateStore::Impl::Transaction::~Transaction() {
    if (!committed_) {
        impl_.db.tryExec("ROLLBACK"); // an error that has rolled back already leaves nothing to do
    }
}

void StateStore::Impl::Transaction::commit() {
    auto& end = impl_.prepared(impl_.end, "COMMIT");
    end.tryReset();
    end.exec();
    committed_ = true;
}

// Most keys that are written are there already. Not REPLACE, which would delete the row that a mark refers
// to.
void StateStore::Impl::put(const KnownKey& key) {
    auto& update = prepared(
        update_key, "UPDATE known_key SET name=?2, enabled=?3, created_at=?4, updated_at=?5, observed_at=?6, "
                    "secret=?7, rejected_name=?8, rejected_enabled=?9, rejected_why=?10, rejected_at=?11 "
                    "WHERE id=?1");
    update.tryReset();
    rows::bind_known(update, key);
    if (update.exec() == 0) {
        auto& insert = prepared(insert_key, "INSERT INTO known_key VALUES (?,?,?,?,?,?,?,?,?,?,?)");
        insert.tryReset();
        rows::bind_known(insert, key);
        insert.exec();
    }
    if (key.doubt.any()) {
        put_doubt_of(key.id, key.doubt);
    } else {
        auto& clear = prepared(clear_doubt, "DELETE FROM in_doubt WHERE id = ?");
        clear.tryReset();
        rows::bind_id(clear, 1, key.id);
        clear.exec();
    }
}

void StateStore::Impl::put(const KeyMark& mark) {
    auto& known = prepared(is_known, "SELECT 1 FROM known_key WHERE id = ?");
    known.tryReset();
    rows::bind_id(known, 1, mark.id);
    const bool first_seen = !known.executeStep();
    known.tryReset();
    if (first_seen) {
        auto& insert = prepared(insert_id, "INSERT INTO known_key (id) VALUES (?)");
        insert.tryReset();
        rows::bind_id(insert, 1, mark.id);
        insert.exec();
    }
    put_doubt_of(mark.id, mark.doubt);
}

void StateStore::Impl::put_doubt_of(const KeyId& id, const Doubt& doubt) {
    auto& mark = prepared(put_doubt, "INSERT INTO in_doubt VALUES (?,?,?,?) ON CONFLICT (id) DO UPDATE SET "
                                     "name=excluded.name, enabled=excluded.enabled, since=excluded.since");
    mark.tryReset();
    rows::bind_id(mark, 1, id);
    mark.bind(2, doubt.name ? 1 : 0);
    mark.bind(3, doubt.enabled ? 1 : 0);
    mark.bind(4, static_cast<std::int64_t>(doubt.since.time_since_epoch().count()));
    mark.exec();
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
    for (const auto& key : batch.keys) {
        std::visit([&](const auto& one) { put(one); }, key);
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
        Impl::Transaction transaction(*impl_);
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
        Impl::Transaction transaction(*impl_);
        const auto time = apikeyd::proven_time(impl_->db, now);
        transaction.commit();
        return time;
    });
}

Pruning StateStore::prune_history(WallTime before, std::size_t at_most, WallTime now) {
    return guarded(impl_->path, [&] {
        impl_->require_in_place();
        HistoryLog::Writing writing(impl_->history);
        Impl::Transaction transaction(*impl_);
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
