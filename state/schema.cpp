// SPDX-License-Identifier: Apache-2.0
#include "state/schema.hpp"

#include "state/history_chain.hpp"
#include "state/state_error.hpp"

#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>

#include <array>

namespace apikeyd {

namespace {

// What SQL says, then what it can't say.
struct Migration {
    const char* sql;
    void (*then)(SQLite::Database&) = nullptr;
};

// Append only: a migration that was released is never edited, since states made by it exist.
constexpr std::array migrations = {
    // 1: what is known, what is in doubt, the audit trail
    Migration{R"sql(
    CREATE TABLE meta (
        name  TEXT PRIMARY KEY,
        value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- The key under which secrets are fingerprinted: random, and never outside this file.
    INSERT INTO meta VALUES ('fingerprint_key', randomblob(32));

    -- A key with name NULL was sent, and never seen in an answer.
    CREATE TABLE known_key (
        id               BLOB PRIMARY KEY CHECK (length(id) = 12),
        name             TEXT,
        enabled          INTEGER CHECK (enabled IN (0, 1)),
        created_at       TEXT,
        updated_at       TEXT,
        observed_at      INTEGER,
        secret           BLOB CHECK (length(secret) = 32),
        rejected_name    TEXT,
        rejected_enabled INTEGER CHECK (rejected_enabled IN (0, 1)),
        rejected_why     TEXT,
        rejected_at      INTEGER,
        CHECK ((name IS NULL) = (enabled IS NULL) AND (name IS NULL) = (observed_at IS NULL))
    ) STRICT, WITHOUT ROWID;

    -- The marks: fields that were sent, or are about to be, without an answer that settles them.
    CREATE TABLE in_doubt (
        id      BLOB PRIMARY KEY REFERENCES known_key (id),
        name    INTEGER NOT NULL CHECK (name IN (0, 1)),
        enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
        since   INTEGER NOT NULL,
        CHECK (name OR enabled)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE reconciliation (
        seq         INTEGER PRIMARY KEY,
        started_at  INTEGER NOT NULL,
        finished_at INTEGER,
        revision    TEXT NOT NULL,
        result      TEXT NOT NULL,
        planned     INTEGER NOT NULL,
        applied     INTEGER NOT NULL,
        rejected    INTEGER NOT NULL,
        failed      INTEGER NOT NULL,
        held        INTEGER NOT NULL
    ) STRICT;

    -- At most one: the disables that wait for approval, or that were approved and may not all be done.
    CREATE TABLE held_plan (
        digest      TEXT PRIMARY KEY,
        revision    TEXT NOT NULL,
        why         TEXT NOT NULL,
        since       INTEGER NOT NULL,
        ids         BLOB NOT NULL CHECK (length(ids) % 12 = 0),
        approved_at INTEGER,
        approved    BLOB NOT NULL CHECK (length(approved) % 12 = 0)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE history (
        seq            INTEGER PRIMARY KEY,
        at             INTEGER NOT NULL,
        id             BLOB NOT NULL CHECK (length(id) = 12),
        reconciliation INTEGER NOT NULL,
        reason         TEXT NOT NULL,
        asked_name     TEXT,
        asked_enabled  INTEGER,
        before_name    TEXT,
        before_enabled INTEGER,
        after_name     TEXT,
        after_enabled  INTEGER,
        outcome        TEXT NOT NULL,
        http_status    INTEGER NOT NULL,
        attempt        INTEGER NOT NULL,
        duration_ms    INTEGER NOT NULL,
        source         TEXT NOT NULL,
        revision       TEXT NOT NULL,
        detail         TEXT NOT NULL
    ) STRICT;
    CREATE INDEX history_of_key ON history (id, seq);
    )sql"},

    // 2: the history is chained and says from which commit and by whom; suspensions
    Migration{R"sql(
    -- newest_row: of the history, that refers to it; where none does yet, the one that could.
    CREATE TABLE git_commit (
        id          TEXT PRIMARY KEY,
        author      TEXT NOT NULL,
        authored_at INTEGER NOT NULL,
        subject     TEXT NOT NULL,
        newest_row  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- At most one.
    CREATE TABLE suspension (
        since        INTEGER PRIMARY KEY,
        until        INTEGER NOT NULL,
        reason       TEXT NOT NULL,
        requested_by TEXT NOT NULL
    ) STRICT;

    -- The rows that are there are neither copied nor chained: millions would take longer than a service may
    -- take to start. They keep their index, history_of_key. No row is added to them.
    ALTER TABLE history RENAME TO history_unchained;

    -- A row with id NULL is about no key. commit_id: '' for none; a '+' behind it where what was read isn't in
    -- that commit. chain: over the row before and this one.
    CREATE TABLE history (
        seq            INTEGER PRIMARY KEY,
        at             INTEGER NOT NULL,
        id             BLOB CHECK (length(id) = 12),
        reconciliation INTEGER NOT NULL,
        reason         TEXT NOT NULL,
        asked_name     TEXT,
        asked_enabled  INTEGER,
        before_name    TEXT,
        before_enabled INTEGER,
        after_name     TEXT,
        after_enabled  INTEGER,
        outcome        TEXT NOT NULL,
        http_status    INTEGER NOT NULL,
        attempt        INTEGER NOT NULL,
        duration_ms    INTEGER NOT NULL,
        source         TEXT NOT NULL,
        revision       TEXT NOT NULL,
        detail         TEXT NOT NULL,
        commit_id      TEXT NOT NULL,
        actor          TEXT NOT NULL,
        chain          BLOB NOT NULL CHECK (length(chain) = 32)
    ) STRICT;
    CREATE INDEX history_by_key ON history (id, seq);
    CREATE INDEX history_by_time ON history (at);
    )sql",
              &history_chain::begin},
};

} // namespace

int state_schema_version() {
    return static_cast<int>(migrations.size());
}

void require_our_schema(SQLite::Database& db, const std::string& path) {
    const int application = db.execAndGet("PRAGMA application_id").getInt();
    const int version = db.execAndGet("PRAGMA user_version").getInt();
    const bool fresh =
        application == 0 && version == 0 && db.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0;
    if (fresh) {
        return;
    }
    if (application != state_application_id) {
        throw StateError(
            StateError::Kind::unusable,
            fmt::format("{}: this is some other program's SQLite database (application id {:#x}); "
                        "name another file with --state",
                        path, static_cast<unsigned>(application)));
    }
    if (version > state_schema_version()) {
        throw StateError(StateError::Kind::newer,
                         fmt::format("{}: written by a newer apikeyd (schema {}, this one knows {}); "
                                     "use that version, or restore the state from before the upgrade",
                                     path, version, state_schema_version()));
    }
}

void migrate(SQLite::Database& db) {
    for (int version = db.execAndGet("PRAGMA user_version").getInt(); version < state_schema_version();
         ++version) {
        SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
        const Migration& migration = migrations[static_cast<std::size_t>(version)];
        db.exec(migration.sql);
        if (migration.then != nullptr) {
            migration.then(db);
        }
        db.exec(fmt::format("PRAGMA application_id = {}", state_application_id));
        db.exec(fmt::format("PRAGMA user_version = {}", version + 1));
        transaction.commit();
    }
}

} // namespace apikeyd
