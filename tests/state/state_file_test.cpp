// SPDX-License-Identifier: Apache-2.0
#include "state/state_store.hpp"

#include "tests/state/database.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/temp_folder.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace apikeyd;
using namespace apikeyd::test;
using Catch::Matchers::Contains;

namespace {

// What the error says; fails the test if there is none.
template <typename F>
StateError error_of(F&& call) {
    try {
        call();
    } catch (const StateError& error) {
        return error;
    }
    FAIL("no StateError");
    throw std::logic_error("not reached");
}

void make_state(const std::string& path, unsigned keys = 1) {
    auto store = StateStore::open(path);
    StateBatch batch;
    for (unsigned n = 1; n <= keys; ++n) {
        batch.keys.push_back(seen(key_id(n), "some name", true));
    }
    store.commit(batch);
}

} // namespace

TEST_CASE("state file: is created for its owner alone, and found again") {
    TempFolder folder;
    const mode_t before = umask(0);
    make_state(folder / "state.db");
    umask(before);
    struct stat info {};
    REQUIRE(stat((folder / "state.db").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    auto again = StateStore::open(folder / "state.db");
    CHECK(again.find(key_id(1)));
}

TEST_CASE("state file: one that others may use is theirs no more; a group may go on reading") {
    TempFolder folder;
    make_state(folder / "state.db");
    // A reader keeps the log in place.
    const auto reader = StateStore::open_reader(folder / "state.db");
    const auto [before, after] = GENERATE(
        table<mode_t, mode_t>({{0644, 0640}, {0666, 0640}, {0660, 0640}, {0604, 0600}, {0600, 0600}}));
    const std::array names{"state.db", "state.db-wal", "state.db-shm"};
    for (const char* name : names) {
        REQUIRE(chmod((folder / name).c_str(), before) == 0);
    }
    const auto store = StateStore::open(folder / "state.db");
    for (const char* name : names) {
        struct stat info {};
        REQUIRE(stat((folder / name).c_str(), &info) == 0);
        CAPTURE(name);
        CHECK((info.st_mode & 07777) == after);
    }
}

TEST_CASE("state file: a folder in which anybody may replace it is refused with what to do") {
    TempFolder folder;
    make_state(folder / "state.db");
    REQUIRE(chmod(folder.path().c_str(), 0777) == 0);
    const StateError error = error_of([&] { (void)StateStore::open(folder / "state.db"); });
    CHECK(error.kind() == StateError::Kind::exposed);
    CHECK_THAT(error.what(), Contains(folder.path()) && Contains("chmod o-w"));
    CHECK(StateStore::open_reader(folder / "state.db"));
    for (const mode_t mode : {01777U, 0775U, 0700U}) {
        REQUIRE(chmod(folder.path().c_str(), mode) == 0);
        CHECK_NOTHROW(StateStore::open(folder / "state.db"));
    }
}

TEST_CASE("state file: an empty file is a new state") {
    TempFolder folder;
    write_file(folder / "state.db", "");
    make_state(folder / "state.db");
    CHECK(StateStore::open(folder / "state.db").find(key_id(1)));
}

TEST_CASE("state file: what is no database is refused and left untouched") {
    TempFolder folder;
    const std::string text = GENERATE("just a text", "SQLite format 2 and much more text behind it", "S");
    write_file(folder / "state.db", text);
    const StateError error = error_of([&] { (void)StateStore::open(folder / "state.db"); });
    CHECK(error.kind() == StateError::Kind::unusable);
    CHECK_THAT(error.what(), Contains("is not an SQLite database"));
    CHECK(read_file(folder / "state.db") == text);
    CHECK_THROWS_AS(StateStore::open_reader(folder / "state.db"), StateError);
}

TEST_CASE("state file: another program's database is refused and left untouched") {
    TempFolder folder;
    exec(folder / "state.db", "PRAGMA application_id = 77; CREATE TABLE theirs (x)");
    const std::string bytes = read_file(folder / "state.db");
    const StateError error = error_of([&] { (void)StateStore::open(folder / "state.db"); });
    CHECK_THAT(error.what(), Contains("some other program's SQLite database"));
    CHECK(read_file(folder / "state.db") == bytes);
}

TEST_CASE("state file: a newer schema is refused by name and left untouched") {
    TempFolder folder;
    make_state(folder / "state.db");
    exec(folder / "state.db", "PRAGMA user_version = 99");
    const std::string bytes = read_file(folder / "state.db");
    const StateError error = error_of([&] { (void)StateStore::open(folder / "state.db"); });
    CHECK(error.kind() == StateError::Kind::newer);
    CHECK_THAT(error.what(), Contains("schema 99"));
    CHECK_THROWS_AS(StateStore::open_reader(folder / "state.db"), StateError);
    CHECK(read_file(folder / "state.db") == bytes);
}

TEST_CASE("state file: a damaged one is refused and left untouched") {
    TempFolder folder;
    make_state(folder / "state.db", 2000);
    std::string bytes = read_file(folder / "state.db");
    REQUIRE(bytes.size() > 64 * 1024);
    const bool cut = GENERATE(true, false);
    if (cut) {
        bytes.resize(bytes.size() / 2);
    } else {
        bytes.replace(bytes.size() / 2, 8192, std::string(8192, '\xAB'));
    }
    write_file(folder / "state.db", bytes);
    const StateError error = error_of([&] { (void)StateStore::open(folder / "state.db"); });
    CHECK(error.kind() == StateError::Kind::unusable);
    CHECK_THAT(error.what(), Contains("damaged") && Contains("start afresh"));
    CHECK(read_file(folder / "state.db") == bytes);
}

TEST_CASE("state file: of a large one all but the history is looked at before it is used") {
    TempFolder folder;
    make_state(folder / "state.db", 2000);
    const std::size_t keys_end = read_file(folder / "state.db").size();
    {
        auto store = StateStore::open(folder / "state.db");
        StateBatch batch;
        batch.history.resize(20);
        for (HistoryEntry& entry : batch.history) {
            entry.detail.assign(1'000'000, 'x');
        }
        store.commit(batch);
    }
    std::string bytes = read_file(folder / "state.db");
    REQUIRE(bytes.size() > std::size_t{16 << 20});
    const std::string damage(8192, '\xAB');
    SECTION("damage of a key") {
        bytes.replace(keys_end / 2, damage.size(), damage);
        write_file(folder / "state.db", bytes);
        const StateError error = error_of([&] { (void)StateStore::open(folder / "state.db"); });
        CHECK_THAT(error.what(), Contains("damaged") && Contains("start afresh"));
    }
    SECTION("damage of the history") {
        bytes.replace(bytes.size() / 2, damage.size(), damage);
        write_file(folder / "state.db", bytes);
        auto store = StateStore::open(folder / "state.db");
        CHECK(store.find(key_id(1)));
        StateBatch batch;
        batch.history.resize(1);
        CHECK_NOTHROW(store.commit(batch));
        bool found = false;
        try {
            found = store.verify_history().fault.has_value();
        } catch (const StateError&) {
            found = true;
        }
        CHECK(found);
    }
}

TEST_CASE("state file: a folder, a link or a missing folder are refused with the reason") {
    TempFolder folder;
    std::filesystem::create_directory(folder / "sub");
    CHECK_THAT(error_of([&] { (void)StateStore::open(folder / "sub"); }).what(),
               Contains("not a regular file"));
    make_state(folder / "real.db");
    std::filesystem::create_symlink(folder / "real.db", folder / "link.db");
    CHECK_THAT(error_of([&] { (void)StateStore::open(folder / "link.db"); }).what(),
               Contains("not a regular file"));
    CHECK_THAT(error_of([&] { (void)StateStore::open(folder / "none/state.db"); }).what(),
               Contains("folder can't be opened"));
}

TEST_CASE("state file: a folder that is a link is followed, as DynamicUser makes it") {
    TempFolder folder;
    std::filesystem::create_directory(folder / "private");
    std::filesystem::create_symlink(folder / "private", folder / "state");
    make_state(folder / "state/state.db");
    CHECK(StateStore::open(folder / "private/state.db").find(key_id(1)));
}

TEST_CASE("state file: a second writer is refused and told who holds it; readers are not") {
    TempFolder folder;
    make_state(folder / "state.db");
    auto writer = StateStore::open(folder / "state.db");
    const StateError error = error_of([&] { (void)StateStore::open(folder / "state.db"); });
    CHECK(error.kind() == StateError::Kind::locked);
    CHECK_THAT(error.what(), Contains("process " + std::to_string(getpid())));

    auto reader = StateStore::open_reader(folder / "state.db");
    REQUIRE(reader);
    StateBatch batch;
    batch.keys = {seen(key_id(2), "later", true)};
    writer.commit(batch);
    CHECK(reader->find(key_id(2)));
}

TEST_CASE("state file: the lock dies with its process, however that ends") {
    TempFolder folder;
    make_state(folder / "state.db");
    int ready[2];
    REQUIRE(pipe(ready) == 0);
    const pid_t child = fork();
    if (child == 0) {
        auto store = StateStore::open(folder / "state.db");
        (void)!write(ready[1], "x", 1);
        pause();
        _exit(0);
    }
    char byte = 0;
    REQUIRE(read(ready[0], &byte, 1) == 1);
    CHECK(error_of([&] { (void)StateStore::open(folder / "state.db"); }).kind() == StateError::Kind::locked);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    CHECK_NOTHROW(StateStore::open(folder / "state.db"));
    close(ready[0]);
    close(ready[1]);
}

TEST_CASE("state file: a reader of nothing finds nothing and creates nothing") {
    TempFolder folder;
    CHECK_FALSE(StateStore::open_reader(folder / "state.db"));
    CHECK_FALSE(StateStore::open_reader(folder / "none/state.db"));
    CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("state file: one that is removed or replaced while open takes no more commits") {
    TempFolder folder;
    make_state(folder / "state.db");
    auto store = StateStore::open(folder / "state.db");
    const bool replaced = GENERATE(true, false);
    if (replaced) {
        make_state(folder / "other.db");
        std::filesystem::rename(folder / "other.db", folder / "state.db");
    } else {
        std::filesystem::remove(folder / "state.db");
    }
    StateBatch batch;
    batch.keys = {seen(key_id(2), "b", true)};
    CHECK(error_of([&] { store.commit(batch); }).kind() == StateError::Kind::replaced);
}

TEST_CASE("state file: commits are not made into a log that nobody finds, and none is lost") {
    TempFolder folder;
    const bool committed = GENERATE(true, false);
    const bool replaced = GENERATE(true, false);
    auto store = StateStore::open(folder / "state.db");
    StateBatch batch;
    if (committed) {
        batch.keys = {seen(key_id(1), "a", true)};
        store.commit(batch);
    }
    REQUIRE(std::filesystem::remove(folder / "state.db-wal"));
    if (GENERATE(true, false)) { // its index too, as rm state.db-* does
        REQUIRE(std::filesystem::remove(folder / "state.db-shm"));
    }
    if (replaced) {
        write_file(folder / "state.db-wal", "");
    }
    batch.keys = {seen(key_id(2), "b", true)};
    const StateError error = error_of([&] { store.commit(batch); });
    CHECK(error.kind() == StateError::Kind::replaced);
    CHECK_THAT(error.what(), Contains("state.db-wal"));

    store.reopen();
    store.commit(batch);
    store.commit(batch);
    CHECK(std::filesystem::exists(folder / "state.db-wal"));
    auto reader = StateStore::open_reader(folder / "state.db");
    REQUIRE(reader);
    CHECK(reader->find(key_id(1)).has_value() == committed);
    CHECK(reader->find(key_id(2)));
}

TEST_CASE("state file: a backup that is moved over the file in use is taken up as it is") {
    TempFolder folder;
    make_state(folder / "backup.db", 40);
    StateStore store = StateStore::open(folder / "state.db");
    StateBatch batch;
    for (unsigned n = 1; n <= 200; ++n) { // in the log, more pages than the backup has
        batch.keys.push_back(seen(key_id(1000 + n), std::string(200, 'x'), true));
    }
    store.commit(batch);
    std::filesystem::rename(folder / "backup.db", folder / "state.db");
    CHECK(error_of([&] { store.commit(batch); }).kind() == StateError::Kind::replaced);

    store.reopen();
    CHECK(store.counts().known == 40);
    batch.keys = {seen(key_id(2000), "new", true)};
    store.commit(batch);
    for (int i = 0; i < 5; ++i) { // readers come and go, each the only one
        const auto reader = StateStore::open_reader(folder / "state.db");
        REQUIRE(reader);
        store.commit(batch);
        CHECK(StateStore::open_reader(folder / "state.db")->counts().known == 41);
    }
    CHECK_FALSE(store.verify_history().fault);
}

TEST_CASE("state file: a log that is lost while others read is taken up when they are done") {
    TempFolder folder;
    make_state(folder / "state.db", 3);
    int go[2];
    int ready[2];
    REQUIRE(pipe(go) == 0);
    REQUIRE(pipe(ready) == 0);
    const pid_t child = fork(); // before the store: SQLite's connections don't survive it
    if (child == 0) {
        close(go[1]); // or it would wait for ever if the test failed
        char byte = 0;
        (void)!read(go[0], &byte, 1);
        auto reader = StateStore::open_reader(folder / "state.db");
        auto keys = reader->known();
        (void)keys->next();
        (void)!write(ready[1], "x", 1);
        (void)!read(go[0], &byte, 1);
        keys.reset();
        reader.reset();
        _exit(0);
    }
    auto store = StateStore::open(folder / "state.db");
    StateBatch batch;
    batch.keys = {seen(key_id(4), "d", true)};
    store.commit(batch);
    REQUIRE(write(go[1], "x", 1) == 1);
    char byte = 0;
    REQUIRE(read(ready[0], &byte, 1) == 1);
    REQUIRE(std::filesystem::remove(folder / "state.db-wal"));
    CHECK(error_of([&] { store.commit(batch); }).kind() == StateError::Kind::replaced);
    CHECK(error_of([&] { store.reopen(); }).kind() == StateError::Kind::failing);
    CHECK(error_of([&] { store.commit(batch); }).kind() == StateError::Kind::replaced);
    REQUIRE(write(go[1], "x", 1) == 1);
    waitpid(child, nullptr, 0);
    store.reopen();
    store.commit(batch);
    CHECK(store.counts().known == 4);
    for (const int end : {go[0], go[1], ready[0], ready[1]}) {
        close(end);
    }
}

TEST_CASE("state file: a commit stands when the process is killed right after it") {
    TempFolder folder;
    make_state(folder / "state.db");
    const pid_t child = fork();
    if (child == 0) {
        auto store = StateStore::open(folder / "state.db");
        StateBatch batch;
        batch.keys = {seen(key_id(2), "b", true), KeyMark{key_id(2), {true, false, at_second(1)}}};
        store.commit(batch);
        kill(getpid(), SIGKILL);
    }
    waitpid(child, nullptr, 0);
    const auto key = StateStore::open(folder / "state.db").find(key_id(2));
    REQUIRE(key);
    CHECK(key->doubt.name);
}
