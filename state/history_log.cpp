// SPDX-License-Identifier: Apache-2.0
#include "state/history_log.hpp"

#include "state/rows.hpp"

#include <SQLiteCpp/Column.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
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
    const std::int64_t newest = db_.execAndGet("SELECT max((SELECT coalesce(max(seq), 0) FROM history), "
                                               "(SELECT coalesce(max(seq), 0) FROM history_unchained))")
                                    .getInt64();
    if (auto head = history_chain::read_mark(db_, history_chain::head)) {
        head->seq = std::max(head->seq, newest);
        return *head;
    }
    Mark nothing{newest + 1, {}};
    nothing.chain.fill(0xFF);
    return nothing;
}

SQLite::Statement& HistoryLog::prepared(std::optional<SQLite::Statement>& slot, const char* sql) {
    if (!slot) {
        slot.emplace(db_, sql);
    }
    return *slot;
}

Mark& HistoryLog::head() {
    if (!head_) {
        head_ = read_head();
    }
    return *head_;
}

void HistoryLog::add(std::span<const Commit> commits) {
    for (const Commit& commit : commits) {
        SQLite::Statement insert(db_, "INSERT INTO git_commit VALUES (?,?,?,?,?) ON CONFLICT (id) DO UPDATE "
                                      "SET newest_row = max(newest_row, excluded.newest_row)");
        rows::bind_commit(insert, commit);
        insert.bind(rows::commit_column_count + 1, head().seq + 1);
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
    head();
    auto& insert =
        prepared(insert_, "INSERT INTO history VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    std::map<std::string, std::int64_t> newest; // row of each commit
    for (const HistoryEntry& entry : entries) {
        const std::int64_t seq = head_->seq + 1;
        const Commit* const commit = commit_for(entry.commit);
        if (commit != nullptr) {
            newest[commit->id] = seq;
        }
        *head_ = {seq, history_chain::next(head_->chain, seq, entry, commit)};
        insert.tryReset();
        rows::bind_history(insert, seq, entry);
        insert.bindNoCopy(rows::history_column_count + 1, head_->chain.data(),
                          static_cast<int>(head_->chain.size()));
        insert.exec();
    }
    for (const auto& [commit, seq] : newest) {
        auto& update = prepared(put_newest_, "UPDATE git_commit SET newest_row = ? WHERE id = ?");
        update.tryReset();
        update.bind(1, seq);
        update.bind(2, commit);
        update.exec();
    }
    history_chain::write_mark(prepared(put_head_, history_chain::put_mark), history_chain::head, *head_);
}

std::vector<HistoryEntry> HistoryLog::read(const HistoryFilter& filter) {
    std::vector<HistoryEntry> entries;
    read_newest("history", rows::history_columns, filter, entries);
    if (entries.size() < filter.limit) { // all of them are older
        read_newest("history_unchained", rows::unchained_columns, filter, entries);
    }
    std::ranges::reverse(entries);
    return entries;
}

// Appends, the newest first, up to the limit.
void HistoryLog::read_newest(std::string_view table, std::string_view columns, const HistoryFilter& filter,
                             std::vector<HistoryEntry>& entries) {
    std::string where;
    if (filter.key) {
        where = "WHERE h.id = :id";
        where += filter.since ? " AND h.at >= :since" : "";
    } else if (filter.since && table == "history") {
        // By the index of the time alone: rows are few that are that young, or the first ones are enough.
        where = "WHERE h.seq IN (SELECT seq FROM history WHERE at >= :since ORDER BY at DESC, seq DESC LIMIT "
                ":limit)";
    } else if (filter.since) {
        where = "WHERE h.at >= :since";
    }
    SQLite::Statement query(
        db_, fmt::format("SELECT {} FROM {} h {} ORDER BY h.seq DESC LIMIT :limit", columns, table, where));
    if (filter.key) {
        rows::bind_id(query, query.getIndex(":id"), *filter.key);
    }
    if (filter.since) {
        query.bind(":since", static_cast<std::int64_t>(filter.since->time_since_epoch().count()));
    }
    query.bind(":limit",
               static_cast<std::int64_t>(std::min<std::size_t>(filter.limit - entries.size(), INT64_MAX)));
    while (query.executeStep()) {
        entries.push_back(rows::read_history(query));
    }
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
