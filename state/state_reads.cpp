// SPDX-License-Identifier: Apache-2.0
#include "state/store_impl.hpp"

#include "state/rows.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>

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

std::vector<KnownKey> StateStore::known_after(const std::optional<KeyId>& after, std::size_t at_most) {
    return guarded(impl_->path, [&] {
        SQLite::Statement query(impl_->db,
                                fmt::format("SELECT {} FROM known_key k LEFT JOIN in_doubt d ON d.id = k.id "
                                            "{} ORDER BY k.id LIMIT ?",
                                            rows::known_columns, after ? "WHERE k.id > ?" : ""));
        if (after) {
            rows::bind_id(query, 1, *after);
        }
        query.bind(after ? 2 : 1, static_cast<std::int64_t>(at_most));
        std::vector<KnownKey> keys;
        while (query.executeStep()) {
            rows::read_known(query, keys.emplace_back());
        }
        return keys;
    });
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

std::optional<WallTime> StateStore::last_converged() {
    return guarded(impl_->path, [&]() -> std::optional<WallTime> {
        SQLite::Statement query(impl_->db,
                                "SELECT finished_at FROM reconciliation WHERE result = 'converged' "
                                "AND finished_at IS NOT NULL ORDER BY seq DESC LIMIT 1");
        if (!query.executeStep()) {
            return std::nullopt;
        }
        return WallTime{std::chrono::milliseconds{query.getColumn(0).getInt64()}};
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

std::optional<Suspension> StateStore::suspension() {
    return guarded(impl_->path, [&]() -> std::optional<Suspension> {
        SQLite::Statement query(impl_->db, "SELECT since, until, reason, requested_by FROM suspension");
        if (!query.executeStep()) {
            return std::nullopt;
        }
        return rows::read_suspension(query);
    });
}

std::optional<std::string> StateStore::probes_proven() {
    return guarded(impl_->path, [&] { return impl_->find_meta(meta_probes_proven); });
}

std::optional<Commit> StateStore::commit_of(const std::string& history_commit) {
    return guarded(impl_->path, [&] { return impl_->history.find_commit(history_commit); });
}

std::vector<HistoryEntry> StateStore::history(const HistoryFilter& filter) {
    return guarded(impl_->path, [&] { return impl_->history.read(filter); });
}

HistoryVerdict StateStore::verify_history() {
    return guarded(impl_->path, [&] {
        const SQLite::Transaction one_moment(impl_->db); // rolled back; it has written nothing
        return impl_->history.verify();
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
    return guarded(impl_->path,
                   [&] { return Secret(impl_->find_meta(meta_fingerprint_key).value_or(std::string{})); });
}

} // namespace apikeyd
