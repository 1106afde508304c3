// SPDX-License-Identifier: Apache-2.0
#include "state/state_file.hpp"

#include "state/private_file.hpp"
#include "state/schema.hpp"

#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace apikeyd::state_file {

namespace {

constexpr std::int64_t checked_whole = 16 << 20; // bytes of a state that is looked at in full when opened
constexpr int busy_timeout_ms = 2000;            // a backup tool may hold the file for a moment

StateError unusable(const std::string& path, const std::string& why) {
    return {StateError::Kind::unusable, fmt::format("{}: {}", path, why)};
}

// Created here rather than by SQLite: nobody else may ever read it, whatever the umask.
void create_private(const std::string& path) {
    const int fd = open_private(path);
    if (fd < 0) {
        throw unusable(path, fmt::format("can't be created: {}", std::strerror(errno)));
    }
    close(fd);
}

// For a state that was restored, or copied, under a wide umask.
void narrow(const std::string& path) {
    for (const std::string& file : {path, log_path(path), path + "-shm"}) {
        narrow_private(file);
    }
}

// quick_check tells in rows what it finds and reports success either way.
void require_quick_check(SQLite::Database& db, const std::string& path, const std::string& of) {
    const std::string verdict = db.execAndGet(fmt::format("PRAGMA quick_check({})", of)).getString();
    if (verdict != "ok") {
        throw unusable(
            path, fmt::format("the state file is damaged ({}); it was left as it is. Move it away to start "
                              "afresh (every managed field is then asserted once), or restore a backup",
                              verdict));
    }
}

// A large state is large by its history, which may have gigabytes: reading them would take longer than a
// service may take to start. So there it is left out; all that decides what is sent is always looked at.
void require_sound(SQLite::Database& db, const std::string& path) {
    require_our_schema(db, path);
    const std::int64_t size =
        db.execAndGet("PRAGMA page_count").getInt64() * db.execAndGet("PRAGMA page_size").getInt64();
    if (size <= checked_whole) {
        require_quick_check(db, path, "1");
        return;
    }
    SQLite::Statement tables(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN "
                                 "('history', 'history_unchained')");
    while (tables.executeStep()) {
        require_quick_check(db, path, "'" + tables.getColumn(0).getString() + "'");
    }
}

SQLite::Database connect(const std::string& path, int mode) {
    return {path, mode | SQLite::OPEN_NOFOLLOW, busy_timeout_ms};
}

} // namespace

void throw_state_error(const std::string& path, const SQLite::Exception& error) {
    if (error.getErrorCode() == SQLITE_CORRUPT || error.getErrorCode() == SQLITE_NOTADB) {
        throw unusable(path,
                       fmt::format("the state file is damaged ({}); move it and its -wal file away to start "
                                   "afresh (every managed field is then asserted once), or restore a backup",
                                   error.what()));
    }
    throw StateError(StateError::Kind::failing, fmt::format("{}: {}", path, error.what()));
}

// Under systemd's DynamicUser the state folder is a symlink, which SQLITE_OPEN_NOFOLLOW would refuse: so the
// folder is resolved first, and only the file itself may not be a link.
std::string resolve(const std::string& path) {
    const auto slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    std::array<char, PATH_MAX> resolved{};
    if (name.empty() || realpath(folder.c_str(), resolved.data()) == nullptr) {
        throw unusable(path, name.empty()
                                 ? "names a folder, not a file"
                                 : fmt::format("the folder can't be opened: {}", std::strerror(errno)));
    }
    return std::string(resolved.data()) + "/" + name;
}

void require_safe_folder(const std::string& path) {
    const std::string folder = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
    struct stat info {};
    if (stat(folder.c_str(), &info) == 0 && (info.st_mode & S_IWOTH) != 0 && (info.st_mode & S_ISVTX) == 0) {
        throw StateError(
            StateError::Kind::exposed,
            fmt::format("{}: anybody may replace the state in this folder (mode {:04o}); chmod o-w "
                        "it, or name another file with --state",
                        folder, static_cast<unsigned>(info.st_mode & 07777)));
    }
}

Found inspect(const std::string& path) {
    struct stat info {};
    if (lstat(path.c_str(), &info) != 0) {
        if (errno == ENOENT) {
            return Found::nothing;
        }
        throw unusable(path, std::strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        throw unusable(path, "is not a regular file");
    }
    if (info.st_size == 0) {
        return Found::empty;
    }
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        throw unusable(path, why_not_opened(path, errno));
    }
    std::array<char, 16> magic{};
    const ssize_t size = read(fd, magic.data(), magic.size());
    close(fd);
    // https://www.sqlite.org/fileformat2.html#magic_header_string
    if (size != static_cast<ssize_t>(magic.size()) || std::memcmp(magic.data(), "SQLite format 3", 16) != 0) {
        throw unusable(path,
                       "is not an SQLite database; it was left as it is. Name another file with --state");
    }
    return Found::database;
}

std::optional<Identity> identity_of(const std::string& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) {
        return std::nullopt;
    }
    return Identity{info.st_dev, info.st_ino};
}

std::string log_path(const std::string& path) {
    return path + "-wal"; // https://www.sqlite.org/wal.html#the_wal_file
}

void renew_log(SQLite::Database& db, const std::string& path) {
    // Not by a second connection: the two would share an index of the log, and disagree on what is in it.
    if (db.execAndGet("PRAGMA journal_mode = DELETE").getString() != "delete") {
        throw StateError(StateError::Kind::failing, fmt::format("{}: another program uses it", path));
    }
    db.execAndGet("PRAGMA journal_mode = WAL");
}

void take_log_away(SQLite::Database& db, const std::string& path) {
    try {
        db.execAndGet("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (const SQLite::Exception&) { // NOLINT(bugprone-empty-catch)
        // The file is gone from its path: that all of it is in there is a courtesy.
    }
    // Closing would remove what then is at the path (https://www.sqlite.org/c3ref/c_dbconfig_defensive.html).
    sqlite3_db_config(db.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    unlink(log_path(path).c_str());
    unlink((path + "-shm").c_str()); // the log's index
}

SQLite::Database open_writable(const std::string& path) {
    if (path != memory_path) {
        switch (inspect(path)) {
        case Found::nothing:
            create_private(path);
            break;
        case Found::empty:
            break;
        case Found::database:
            // Looked at read-only first: closing a writable connection could write into a file that is
            // refused. A rollback journal beside it must be played back first, which needs the writable
            // connection below.
            if (access((path + "-journal").c_str(), F_OK) != 0) {
                SQLite::Database looked_at = connect(path, SQLite::OPEN_READONLY);
                require_sound(looked_at, path);
            }
        }
    }
    SQLite::Database db = connect(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    require_our_schema(db, path);
    if (path != memory_path) {
        narrow(path);
    }
    migrate(db);
    db.exec("PRAGMA foreign_keys = ON");
    db.execAndGet("PRAGMA journal_mode = WAL");
    db.exec("PRAGMA synchronous = FULL"); // a mark that a power cut takes back would be worse than none
    return db;
}

SQLite::Database open_readable(const std::string& path) {
    SQLite::Database db = connect(path, SQLite::OPEN_READONLY);
    require_our_schema(db, path);
    if (db.execAndGet("PRAGMA user_version").getInt() < state_schema_version()) {
        throw unusable(
            path, "an older apikeyd wrote this state; start `apikeyd run` or `apikeyd apply` once to bring "
                  "it up to date");
    }
    return db;
}

} // namespace apikeyd::state_file
