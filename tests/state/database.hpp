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

} // namespace apikeyd::test
