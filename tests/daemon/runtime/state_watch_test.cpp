// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/state_watch.hpp"

#include "state/state_store.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;

namespace {

void write(StateStore& store) {
    StateBatch batch;
    batch.keys = {seen(key_id(1), "a", true)};
    store.commit(batch);
}

struct Watched {
    explicit Watched(const std::string& path)
        : watch(loop, path, [this] { ++calls; }) {
        watch.about_to_read();
    }
    // Whether it called since the last time, by an event that is there already.
    bool told() {
        loop.step(0ms);
        return std::exchange(calls, 0) > 0;
    }
    bool sees() {
        watch.look();
        return std::exchange(calls, 0) > 0;
    }
    EventLoop loop;
    int calls = 0;
    StateWatch watch;
};

} // namespace

TEST_CASE("state watch: a commit is told at once, while the writer goes on") {
    TempFolder folder;
    StateStore store = StateStore::open(folder / "state.db");
    Watched watched(folder / "state.db");
    CHECK_FALSE(watched.told());
    write(store);
    CHECK(watched.told());
    CHECK(watched.sees()); // until it is read
    watched.watch.about_to_read();
    CHECK_FALSE(watched.sees());
}

TEST_CASE("state watch: a reader stirs nothing, also where no writer is") {
    TempFolder folder;
    {
        StateStore store = StateStore::open(folder / "state.db");
        write(store);
    }
    Watched watched(folder / "state.db");
    CHECK(StateStore::open_reader(folder / "state.db")->counts().known == 1);
    CHECK_FALSE(watched.told());
    CHECK_FALSE(watched.sees());
}

TEST_CASE("state watch: other files of the folder are none of its business") {
    TempFolder folder;
    StateStore store = StateStore::open(folder / "state.db");
    Watched watched(folder / "state.db");
    std::ofstream(folder / "state.db.lock2") << "x";
    CHECK_FALSE(watched.told());
    CHECK_FALSE(watched.sees());
}

TEST_CASE("state watch: a file that comes, goes and is replaced") {
    TempFolder folder;
    Watched watched(folder / "state.db");
    StateStore::open(folder / "state.db");
    CHECK(watched.told());
    watched.watch.about_to_read();
    StateStore::open(folder / "other.db");
    CHECK_FALSE(watched.told());
    std::filesystem::rename(folder / "other.db", folder / "state.db");
    CHECK(watched.told());
    CHECK(watched.sees());
    watched.watch.about_to_read();
    std::filesystem::remove(folder / "state.db");
    CHECK(watched.told());
    CHECK(watched.sees());
}

TEST_CASE("state watch: a folder that is moved away and made anew is seen at the next look, and watched") {
    TempFolder folder;
    std::filesystem::create_directory(folder / "s");
    StateStore::open(folder / "s/state.db");
    Watched watched(folder / "s/state.db");
    std::filesystem::rename(folder / "s", folder / "gone");
    CHECK(watched.sees());
    watched.watch.about_to_read();
    CHECK_FALSE(watched.sees());
    std::filesystem::create_directory(folder / "s");
    watched.watch.look();
    (void)watched.told();
    StateStore store = StateStore::open(folder / "s/state.db");
    CHECK(watched.told());
}
