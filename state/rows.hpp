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

inline constexpr const char* history_columns =
    "seq, at, id, reconciliation, reason, asked_name, asked_enabled, before_name, before_enabled, "
    "after_name, after_enabled, outcome, http_status, attempt, duration_ms, source, revision, detail";
HistoryEntry read_history(SQLite::Statement& row);
void bind_history(SQLite::Statement& insert, const HistoryEntry& entry); // all but seq, by position

ReconciliationEntry read_reconciliation(SQLite::Statement& row);
void bind_reconciliation(SQLite::Statement& insert, const ReconciliationEntry& entry);

HeldPlan read_held_plan(SQLite::Statement& row);
void bind_held_plan(SQLite::Statement& insert, const HeldPlan& plan);

void bind_id(SQLite::Statement& statement, int index, const KeyId& id);

} // namespace apikeyd::rows
