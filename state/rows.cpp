// SPDX-License-Identifier: Apache-2.0
#include "state/rows.hpp"

#include "state/state_error.hpp"

#include <SQLiteCpp/Column.h>

#include <cstring>

namespace apikeyd::rows {

namespace {

std::optional<std::string> optional_text(const SQLite::Column& column) {
    return column.isNull() ? std::nullopt : std::optional(column.getString());
}

std::optional<bool> optional_bool(const SQLite::Column& column) {
    return column.isNull() ? std::nullopt : std::optional(column.getInt() != 0);
}

WallTime wall_time(const SQLite::Column& column) {
    return WallTime{std::chrono::milliseconds{column.getInt64()}};
}

std::optional<WallTime> optional_time(const SQLite::Column& column) {
    return column.isNull() ? std::nullopt : std::optional(wall_time(column));
}

void read_bytes(const SQLite::Column& column, std::uint8_t* target, std::size_t size) {
    // The schema's CHECKs promise the size; a file edited by hand may break the promise.
    if (static_cast<std::size_t>(column.getBytes()) != size) {
        throw StateError(StateError::Kind::unusable, "a row of the state file has a value of a wrong size");
    }
    std::memcpy(target, column.getBlob(), size);
}

KeyId read_id(const SQLite::Column& column) {
    KeyId::Bytes bytes{};
    read_bytes(column, bytes.data(), bytes.size());
    return KeyId(bytes);
}

void bind_text(SQLite::Statement& statement, int index, const std::optional<std::string>& text) {
    if (text) {
        statement.bindNoCopy(index, *text);
    } else {
        statement.bind(index);
    }
}

void bind_bool(SQLite::Statement& statement, int index, const std::optional<bool>& value) {
    if (value) {
        statement.bind(index, *value ? 1 : 0);
    } else {
        statement.bind(index);
    }
}

std::int64_t milliseconds(WallTime time) {
    return time.time_since_epoch().count();
}

void bind_time(SQLite::Statement& statement, int index, const std::optional<WallTime>& time) {
    if (time) {
        statement.bind(index, milliseconds(*time));
    } else {
        statement.bind(index);
    }
}

// Ids one after the other, without anything between.
std::vector<KeyId> unpacked(const std::string& bytes) {
    std::vector<KeyId> ids;
    for (std::size_t at = 0; at + KeyId::size <= bytes.size(); at += KeyId::size) {
        KeyId::Bytes id{};
        std::memcpy(id.data(), bytes.data() + at, id.size());
        ids.emplace_back(id);
    }
    return ids;
}

void bind_packed(SQLite::Statement& statement, int index, const std::vector<KeyId>& ids) {
    std::string bytes;
    for (const KeyId& id : ids) {
        bytes.append(id.bytes().begin(), id.bytes().end());
    }
    statement.bind(index, bytes.data(), static_cast<int>(bytes.size())); // copied: it ends with this function
}

} // namespace

void read_known(SQLite::Statement& row, KnownKey& key) {
    key.id = read_id(row.getColumn(0));
    key.observed.reset();
    key.rejection.reset();
    key.doubt = {};
    if (!row.getColumn(1).isNull()) {
        Observed& observed = key.observed.emplace();
        observed.name = row.getColumn(1).getString();
        observed.enabled = row.getColumn(2).getInt() != 0;
        observed.created_at = row.getColumn(3).getString();
        observed.updated_at = row.getColumn(4).getString();
        observed.observed_at = wall_time(row.getColumn(5));
        read_bytes(row.getColumn(6), observed.secret.data(), observed.secret.size());
    }
    if (!row.getColumn(10).isNull()) {
        Rejection& rejection = key.rejection.emplace();
        rejection.desired.name = optional_text(row.getColumn(7));
        rejection.desired.enabled = optional_bool(row.getColumn(8));
        rejection.why = row.getColumn(9).getString();
        rejection.at = wall_time(row.getColumn(10));
    }
    if (!row.getColumn(13).isNull()) {
        key.doubt.name = row.getColumn(11).getInt() != 0;
        key.doubt.enabled = row.getColumn(12).getInt() != 0;
        key.doubt.since = wall_time(row.getColumn(13));
    }
}

void bind_known(SQLite::Statement& insert, const KnownKey& key) {
    insert.clearBindings();
    bind_id(insert, 1, key.id);
    if (key.observed) {
        insert.bindNoCopy(2, key.observed->name);
        insert.bind(3, key.observed->enabled ? 1 : 0);
        insert.bindNoCopy(4, key.observed->created_at);
        insert.bindNoCopy(5, key.observed->updated_at);
        insert.bind(6, milliseconds(key.observed->observed_at));
        insert.bindNoCopy(7, key.observed->secret.data(), static_cast<int>(key.observed->secret.size()));
    }
    if (key.rejection) {
        bind_text(insert, 8, key.rejection->desired.name);
        bind_bool(insert, 9, key.rejection->desired.enabled);
        insert.bindNoCopy(10, key.rejection->why);
        insert.bind(11, milliseconds(key.rejection->at));
    }
}

HistoryEntry read_history(SQLite::Statement& row) {
    HistoryEntry entry;
    entry.seq = row.getColumn(0).getInt64();
    entry.at = wall_time(row.getColumn(1));
    if (!row.getColumn(2).isNull()) {
        entry.id = read_id(row.getColumn(2));
    }
    entry.reconciliation = row.getColumn(3).getInt64();
    entry.reason = row.getColumn(4).getString();
    entry.asked.name = optional_text(row.getColumn(5));
    entry.asked.enabled = optional_bool(row.getColumn(6));
    entry.before_name = optional_text(row.getColumn(7));
    entry.before_enabled = optional_bool(row.getColumn(8));
    entry.after_name = optional_text(row.getColumn(9));
    entry.after_enabled = optional_bool(row.getColumn(10));
    entry.outcome = row.getColumn(11).getString();
    entry.http_status = row.getColumn(12).getInt();
    entry.attempt = row.getColumn(13).getUInt();
    entry.duration = std::chrono::milliseconds{row.getColumn(14).getInt64()};
    entry.source = row.getColumn(15).getString();
    entry.revision = row.getColumn(16).getString();
    entry.detail = row.getColumn(17).getString();
    entry.commit = row.getColumn(18).getString();
    entry.actor = row.getColumn(19).getString();
    return entry;
}

void bind_history(SQLite::Statement& insert, std::int64_t seq, const HistoryEntry& entry) {
    insert.bind(1, seq);
    insert.bind(2, milliseconds(entry.at));
    if (entry.id) {
        bind_id(insert, 3, *entry.id);
    } else {
        insert.bind(3);
    }
    insert.bind(4, entry.reconciliation);
    insert.bindNoCopy(5, entry.reason);
    bind_text(insert, 6, entry.asked.name);
    bind_bool(insert, 7, entry.asked.enabled);
    bind_text(insert, 8, entry.before_name);
    bind_bool(insert, 9, entry.before_enabled);
    bind_text(insert, 10, entry.after_name);
    bind_bool(insert, 11, entry.after_enabled);
    insert.bindNoCopy(12, entry.outcome);
    insert.bind(13, entry.http_status);
    insert.bind(14, entry.attempt);
    insert.bind(15, static_cast<std::int64_t>(entry.duration.count()));
    insert.bindNoCopy(16, entry.source);
    insert.bindNoCopy(17, entry.revision);
    insert.bindNoCopy(18, entry.detail);
    insert.bindNoCopy(19, entry.commit);
    insert.bindNoCopy(20, entry.actor);
}

ReconciliationEntry read_reconciliation(SQLite::Statement& row) {
    const auto count = [&](int column) {
        return static_cast<std::uint64_t>(row.getColumn(column).getInt64());
    };
    ReconciliationEntry entry;
    entry.seq = row.getColumn(0).getInt64();
    entry.started_at = wall_time(row.getColumn(1));
    entry.finished_at = optional_time(row.getColumn(2));
    entry.revision = row.getColumn(3).getString();
    entry.result = row.getColumn(4).getString();
    entry.planned = count(5);
    entry.applied = count(6);
    entry.rejected = count(7);
    entry.failed = count(8);
    entry.held = count(9);
    return entry;
}

void bind_reconciliation(SQLite::Statement& insert, const ReconciliationEntry& entry) {
    insert.bind(1, entry.seq);
    insert.bind(2, milliseconds(entry.started_at));
    bind_time(insert, 3, entry.finished_at);
    insert.bindNoCopy(4, entry.revision);
    insert.bindNoCopy(5, entry.result);
    int index = 6;
    for (const std::uint64_t count :
         {entry.planned, entry.applied, entry.rejected, entry.failed, entry.held}) {
        insert.bind(index++, static_cast<std::int64_t>(count));
    }
}

HeldPlan read_held_plan(SQLite::Statement& row) {
    HeldPlan plan;
    plan.digest = row.getColumn(0).getString();
    plan.revision = row.getColumn(1).getString();
    plan.why = row.getColumn(2).getString();
    plan.since = wall_time(row.getColumn(3));
    plan.ids = unpacked(row.getColumn(4).getString());
    plan.approved_at = optional_time(row.getColumn(5));
    plan.approved = unpacked(row.getColumn(6).getString());
    return plan;
}

void bind_held_plan(SQLite::Statement& insert, const HeldPlan& plan) {
    insert.bindNoCopy(1, plan.digest);
    insert.bindNoCopy(2, plan.revision);
    insert.bindNoCopy(3, plan.why);
    insert.bind(4, milliseconds(plan.since));
    bind_packed(insert, 5, plan.ids);
    bind_time(insert, 6, plan.approved_at);
    bind_packed(insert, 7, plan.approved);
}

Suspension read_suspension(SQLite::Statement& row) {
    return {wall_time(row.getColumn(0)), wall_time(row.getColumn(1)), row.getColumn(2).getString(),
            row.getColumn(3).getString()};
}

void bind_suspension(SQLite::Statement& insert, const Suspension& suspension) {
    insert.bind(1, milliseconds(suspension.since));
    insert.bind(2, milliseconds(suspension.until));
    insert.bindNoCopy(3, suspension.reason);
    insert.bindNoCopy(4, suspension.by);
}

Commit read_commit(SQLite::Statement& row) {
    return {row.getColumn(0).getString(), row.getColumn(1).getString(), wall_time(row.getColumn(2)),
            row.getColumn(3).getString(), false};
}

void bind_commit(SQLite::Statement& insert, const Commit& commit) {
    insert.bindNoCopy(1, commit.id);
    insert.bindNoCopy(2, commit.author);
    insert.bind(3, milliseconds(commit.authored_at));
    insert.bindNoCopy(4, commit.subject);
}

void bind_id(SQLite::Statement& statement, int index, const KeyId& id) {
    statement.bindNoCopy(index, id.bytes().data(), static_cast<int>(KeyId::size));
}

} // namespace apikeyd::rows
