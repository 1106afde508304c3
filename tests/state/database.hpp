// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>
#include <sqlite3.h>
#include <string>

namespace apikeyd::test {

// What somebody else does to the file, with a connection of his own.
inline void exec(const std::string& path, const std::string& sql) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    char* error = nullptr;
    const int result = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &error);
    CAPTURE(sql, error == nullptr ? "" : error);
    sqlite3_close(db);
    REQUIRE(result == SQLITE_OK);
}

// The number that a query gives, by such a connection.
inline int number_of(const std::string& path, const std::string& sql) {
    sqlite3* db = nullptr;
    sqlite3_stmt* query = nullptr;
    REQUIRE(sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
    sqlite3_busy_timeout(db, 2000);
    REQUIRE(sqlite3_prepare_v2(db, sql.c_str(), -1, &query, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(query) == SQLITE_ROW);
    const int number = sqlite3_column_int(query, 0);
    sqlite3_finalize(query);
    sqlite3_close(db);
    return number;
}

} // namespace apikeyd::test
