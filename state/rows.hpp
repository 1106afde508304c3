// SPDX-License-Identifier: Apache-2.0
#pragma once

// Between rows and values. Internal to state/.

#include "state/known.hpp"

#include <SQLiteCpp/Statement.h>

namespace apikeyd::rows {

// The columns of a known key, in the order that read_known() expects.
inline constexpr const char* known_columns =
    "k.id, k.name, k.enabled, k.created_at, k.updated_at, k.observed_at, k.secret, "
    "k.rejected_name, k.rejected_enabled, k.rejected_why, k.rejected_at, d.name, d.enabled, d.since";
void read_known(SQLite::Statement& row, KnownKey& key);
void bind_known(SQLite::Statement& insert, const KnownKey& key); // the first eleven of them, by position

// Of `history h`, in the table's order, all but the chain.
inline constexpr const char* history_columns =
    "h.seq, h.at, h.id, h.reconciliation, h.reason, h.asked_name, h.asked_enabled, h.before_name, "
    "h.before_enabled, h.after_name, h.after_enabled, h.outcome, h.http_status, h.attempt, h.duration_ms, "
    "h.source, h.revision, h.detail, h.commit_id, h.actor";
inline constexpr int history_column_count = 20;
// Of `history_unchained h`: the same, from no commit and by nobody.
inline constexpr const char* unchained_columns =
    "h.seq, h.at, h.id, h.reconciliation, h.reason, h.asked_name, h.asked_enabled, h.before_name, "
    "h.before_enabled, h.after_name, h.after_enabled, h.outcome, h.http_status, h.attempt, h.duration_ms, "
    "h.source, h.revision, h.detail, '', ''";
HistoryEntry read_history(SQLite::Statement& row);
void bind_history(SQLite::Statement& insert, std::int64_t seq, const HistoryEntry& entry); // by position

ReconciliationEntry read_reconciliation(SQLite::Statement& row);
void bind_reconciliation(SQLite::Statement& insert, const ReconciliationEntry& entry);

HeldPlan read_held_plan(SQLite::Statement& row);
void bind_held_plan(SQLite::Statement& insert, const HeldPlan& plan);

Suspension read_suspension(SQLite::Statement& row);
void bind_suspension(SQLite::Statement& insert, const Suspension& suspension);

Commit read_commit(SQLite::Statement& row); // id, author, authored_at, subject
void bind_commit(SQLite::Statement& insert, const Commit& commit);
inline constexpr int commit_column_count = 4;

void bind_id(SQLite::Statement& statement, int index, const KeyId& id);

} // namespace apikeyd::rows
