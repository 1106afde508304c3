// SPDX-License-Identifier: Apache-2.0
#pragma once

// The chain through the history: each row holds a digest over the row before it and its own columns, so that
// no row can be changed or taken out without all that follow being written anew. The digest is
//
//   SHA-256(digest of the row before || each column || author, time and subject of its commit)
//
// where a column is a letter for its type and then: for an integer (i) 8 bytes, for a text (t) or blob (b)
// its length in 8 bytes and its bytes, for NULL (n) nothing; numbers are big-endian. The first row follows 32
// zeros. Rows that were written before there was a chain stand in `history_unchained` and are no part of it.
// Internal to state/.

#include "config/secret.hpp"
#include "state/known.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <optional>

namespace apikeyd::history_chain {

// A row of the chain, by number and digest.
struct Mark {
    std::int64_t seq = 0;
    Digest chain{};
    friend bool operator==(const Mark&, const Mark&) = default;
};

// The marks that are kept in `meta`.
inline constexpr const char* head = "history_head";     // the newest row
inline constexpr const char* anchor = "history_anchor"; // the last row that was pruned; none: nothing was

// Nothing if it isn't there, or is no mark.
std::optional<Mark> read_mark(SQLite::Database& db, const char* name);
void write_mark(SQLite::Database& db, const char* name, const Mark& mark);
// The same by a statement that is kept, made of put_mark.
inline constexpr const char* put_mark = "INSERT OR REPLACE INTO meta VALUES (?, ?)";
void write_mark(SQLite::Statement& statement, const char* name, const Mark& mark);

// The digest of a row about to be written with this number. `commit`: what it refers to; nullptr: nothing.
Digest next(const Digest& before, std::int64_t seq, const HistoryEntry& entry, const Commit* commit);

// The digest of a row as it stands in the file, whatever types its values have: the columns of
// rows::history_columns, then those of commit_columns.
Digest next(const Digest& before, SQLite::Statement& row);
inline constexpr const char* commit_columns = "g.author, g.authored_at, g.subject";
inline constexpr const char* commit_join = "LEFT JOIN git_commit g ON g.id = rtrim(h.commit_id, '+')";

// A digest as it stands in a row; zeros where it isn't one, which no row has.
Digest read_digest(const SQLite::Column& column);

// Of schema 2: the chain begins behind the rows of `history_unchained`.
void begin(SQLite::Database& db);

} // namespace apikeyd::history_chain
