// SPDX-License-Identifier: Apache-2.0
#pragma once

// The state file as a file: finding it, judging it, opening it. Internal to state/.

#include "state/state_error.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>

namespace apikeyd::state_file {

inline constexpr std::string_view memory_path = ":memory:";

// The path with its folder's symlinks resolved. Throws StateError if the folder can't be reached.
std::string resolve(const std::string& path);

enum class Found { nothing, empty, database };

// Looks at the file without SQLite, so that what is not ours is left exactly as it is: refused, never opened.
Found inspect(const std::string& path);

// Where anybody may replace the file, what stands in it is anybody's word. Throws StateError.
void require_safe_folder(const std::string& path);

// The connections of the one writer and of readers, judged (ours, sound, not newer) before anything is
// written.
SQLite::Database open_writable(const std::string& path);
SQLite::Database open_readable(const std::string& path);

// SQLite's write-ahead log beside the file. While a connection is open the newest commits may stand in it
// alone.
std::string log_path(const std::string& path);

// Moves all commits into the file itself and begins a log anew, at its path, for one that was removed there.
// Throws SQLite::Exception, or StateError, while others use the file.
void renew_log(SQLite::Database& db, const std::string& path);

// For a file that was replaced at its path, or removed: its log stands there still, and would be taken for
// that of the next file, whose pages it would overwrite. Takes it away, after its commits went into the file
// that `db` has open, wherever that is now; closing `db` touches nothing at the path any more.
void take_log_away(SQLite::Database& db, const std::string& path);

// Which file is at the path now; nothing if there is none.
struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
};
std::optional<Identity> identity_of(const std::string& path);

// SQLite's exception as ours; rethrows nothing else.
[[noreturn]] void throw_state_error(const std::string& path, const SQLite::Exception& error);

// Every call into SQLite goes through here: the one place that knows its exceptions.
template <typename F>
auto guarded(const std::string& path, F&& call) {
    try {
        return std::forward<F>(call)();
    } catch (const SQLite::Exception& error) {
        throw_state_error(path, error);
    }
}

} // namespace apikeyd::state_file
