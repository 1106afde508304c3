// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/Database.h>

#include <string>

namespace apikeyd {

// "apky" in the header of every state file, so that no other program's database is taken for ours.
inline constexpr int state_application_id = 0x61706b79;

// The schema that this program writes: the number of its migrations.
int state_schema_version();

// Refuses another program's database and a newer apikeyd's by name. Throws StateError, SQLite::Exception.
void require_our_schema(SQLite::Database& db, const std::string& path);

// Brings the schema up to date: each migration with its marker in one transaction.
void migrate(SQLite::Database& db);

} // namespace apikeyd
