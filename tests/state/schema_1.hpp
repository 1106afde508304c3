// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace apikeyd::test {

// The schema of the first release, to the letter: states made with it exist.
inline constexpr const char* schema_1 = R"sql(
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
    PRAGMA application_id = 1634757497; -- "apky"
    PRAGMA user_version = 1;
    )sql";

} // namespace apikeyd::test
