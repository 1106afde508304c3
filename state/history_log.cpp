// SPDX-License-Identifier: Apache-2.0
#include "state/history_log.hpp"

#include "state/history_anchor.hpp"
#include "state/rows.hpp"

#include <SQLiteCpp/Column.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace apikeyd {

using history_chain::Mark;

namespace {

// The commit without what a reference says of the file's edits.
std::string plain_id(const std::string& reference) {
    return reference.substr(0, reference.find('+'));
}

} // namespace

// What somebody did to the file must not be covered up by going on as if it hadn't been: rows continue from
// the head as it was left, and where that is gone, from nothing and after a gap.
Mark HistoryLog::read_head() {
    const std::int64_t newest = db_.execAndGet("SELECT coalesce(max(seq), 0) FROM history").getInt64();
    if (auto head = history_chain::read_mark(db_, history_chain::head)) {
        head->seq = std::max(head->seq, newest);
        return *head;
    }
    Mark nothing{newest + 1, {}};
    nothing.chain.fill(0xFF);
    return nothing;
}

void HistoryLog::add(std::span<const Commit> commits) {
    for (const Commit& commit : commits) {
        SQLite::Statement insert(db_, "INSERT OR IGNORE INTO git_commit VALUES (?,?,?,?)");
        rows::bind_commit(insert, commit);
        insert.exec();
    }
}

const Commit* HistoryLog::commit_for(const std::string& reference) {
    if (reference.empty()) {
        return nullptr;
    }
    const std::string id = plain_id(reference);
    if (!last_commit_ || last_commit_->id != id) {
        last_commit_ = find_commit(id);
        if (!last_commit_) { // not to be given later: the row's digest would no longer be right
            last_commit_ = Commit{id, {}, {}, {}, false};
            add(std::span(&*last_commit_, 1));
        }
    }
    return &*last_commit_;
}

void HistoryLog::append(std::span<const HistoryEntry> entries) {
    if (entries.empty()) {
        return;
    }
    if (!head_) {
        head_ = read_head();
    }
    if (!insert_) {
        insert_.emplace(db_, "INSERT INTO history VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    }
    for (const HistoryEntry& entry : entries) {
        const std::int64_t seq = head_->seq + 1;
        *head_ = {seq, history_chain::next(head_->chain, seq, entry, commit_for(entry.commit))};
        insert_->tryReset();
        rows::bind_history(*insert_, seq, entry);
        insert_->bindNoCopy(rows::history_column_count + 1, head_->chain.data(),
                            static_cast<int>(head_->chain.size()));
        insert_->exec();
    }
    history_chain::write_mark(db_, history_chain::head, *head_);
}

std::uint64_t HistoryLog::prune(WallTime before, std::size_t at_most, WallTime now) {
    const std::optional<PrunedRows> old = find_prunable(db_, before, at_most);
    if (!old) {
        return 0;
    }
    SQLite::Statement remove(db_, "DELETE FROM history WHERE seq <= ?");
    remove.bind(1, old->last.seq);
    remove.exec();
    history_chain::write_mark(db_, history_chain::anchor, old->last);
    HistoryEntry entry;
    entry.at = now;
    entry.reason = pruned_reason;
    entry.detail = fmt::format("{} rows{}", old->count, anchor_text(old->last));
    append(std::span(&entry, 1));
    return old->count;
}

std::vector<HistoryEntry> HistoryLog::read(const HistoryFilter& filter) {
    std::string where;
    if (filter.key) {
        where = "h.id = :id";
        where += filter.since ? " AND h.at >= :since" : "";
    } else if (filter.since) {
        // By the index of the time alone: rows are few that are that young, or the first ones are enough.
        where =
            "h.seq IN (SELECT seq FROM history WHERE at >= :since ORDER BY at DESC, seq DESC LIMIT :limit)";
    }
    SQLite::Statement query(db_,
                            fmt::format("SELECT {} FROM history h {} {} ORDER BY h.seq DESC LIMIT :limit",
                                        rows::history_columns, where.empty() ? "" : "WHERE", where));
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
}

std::optional<Commit> HistoryLog::find_commit(const std::string& reference) {
    SQLite::Statement query(db_, "SELECT id, author, authored_at, subject FROM git_commit WHERE id = ?");
    query.bind(1, plain_id(reference));
    if (!query.executeStep()) {
        return std::nullopt;
    }
    Commit commit = rows::read_commit(query);
    commit.uncommitted = reference.ends_with('+');
    return commit;
}

} // namespace apikeyd
