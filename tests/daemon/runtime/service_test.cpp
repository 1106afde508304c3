// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/service.hpp"

#include "tests/support/git_repository.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

namespace fs = std::filesystem;

const std::string one_key = "version: 1\nkeys:\n  - {id: 5e5677d71bdc2ae76344968c, name: a}\n";
const std::string other_key = "version: 1\nkeys:\n  - {id: 5e5677d71bdc2ae76344968d, name: b}\n";

class RecordingSink final : public DesiredSink {
  public:
    void desired(std::shared_ptr<const DesiredState> state, std::optional<Commit> commit) override {
        states.push_back(std::move(state));
        commits.push_back(std::move(commit));
    }
    std::vector<std::shared_ptr<const DesiredState>> states;
    std::vector<std::optional<Commit>> commits; // one for each state
};

// A follower of a repository's file, and the loop for its timer.
struct Following {
    explicit Following(const std::string& path, std::optional<LastGood> before = {})
        : follower(loop, path, log, sink, std::move(before)) {}

    // Until so many states were handed on.
    void await(std::size_t states) {
        for (int rounds = 0; sink.commits.size() < states && rounds < 100; ++rounds) {
            loop.step(std::chrono::seconds(1));
        }
        REQUIRE(sink.commits.size() == states);
    }

    EventLoop loop;
    Log log{LogFormat::text, LogLevel::debug, [](LogLevel, const std::string&) {}};
    RecordingSink sink;
    DesiredFollower follower;
};

// A file, and what it said a while ago: one_key.
struct Before {
    Before()
        : last_good{load(one_key), Commit{}, WallTime{std::chrono::seconds(7)}, 1} {
        last_good.commit->id = "of-before";
    }

    std::shared_ptr<const DesiredState> load(const std::string& text) const {
        write_file(path, text);
        return std::make_shared<const DesiredState>(std::move(*load_desired(path, WallTime{}).value));
    }

    TempFolder folder;
    std::string path = folder / "keys.yaml";
    LastGood last_good;
};

} // namespace

TEST_CASE("desired follower: what was in force before stays so where the file can't be loaded at first") {
    const Before before;
    Following it(before.path, before.last_good);
    CHECK(it.sink.states.empty());
    SECTION("invalid") {
        write_file(before.path, "version: 1\nkeys: 3\n");
        it.follower.load();
    }
    SECTION("missing") {
        fs::remove(before.path);
        it.follower.load();
    }
    SECTION("not written to its end") {
        it.follower.waiting("is being written");
    }
    REQUIRE(it.sink.states.size() == 1);
    CHECK(it.sink.states[0] == before.last_good.state);
    CHECK(it.sink.commits[0]->id == "of-before");
    CHECK(it.follower.loaded());
    CHECK(it.follower.degraded());
    CHECK(it.follower.last_good() == before.last_good.read_at);
    CHECK_FALSE(it.follower.before());

    it.follower.waiting("is being written");
    write_file(before.path, one_key);
    it.follower.load();
    CHECK(it.sink.states.size() == 1);
    CHECK_FALSE(it.follower.degraded());
    write_file(before.path, other_key);
    it.follower.load();
    CHECK(it.sink.states.size() == 2);
}

TEST_CASE("desired follower: a first load that is good counts, and not what was in force before") {
    const Before before;
    Following it(before.path, before.last_good);
    const std::string& now = GENERATE_COPY(one_key, other_key);
    write_file(before.path, now);
    it.follower.load();
    REQUIRE(it.sink.states.size() == 1);
    CHECK(it.sink.states[0]->digest() == before.load(now)->digest());
    CHECK_FALSE(it.sink.commits[0]);
    CHECK_FALSE(it.follower.before());
    write_file(before.path, "version: 1\nkeys: 3\n");
    it.follower.load();
    CHECK(it.sink.states.size() == 1);
}

TEST_CASE("desired follower: what was in force before is there for the next until the file is loaded") {
    const Before before;
    const Following it(before.path, before.last_good);
    REQUIRE(it.follower.before());
    CHECK(it.follower.before()->state == before.last_good.state);
    CHECK_FALSE(it.follower.loaded());
}

TEST_CASE("desired follower: what HEAD has is handed on at once, an edit once its commit is there") {
    const TempFolder folder;
    Repository repository(folder / "work");
    const std::string first = repository.commit("first", "keys.yaml", one_key);
    Following it(repository / "keys.yaml");
    it.follower.load();
    REQUIRE(it.sink.commits.size() == 1);
    CHECK(it.sink.commits[0]->id == first);

    repository.write("keys.yaml", other_key);
    it.follower.load();
    CHECK(it.sink.commits.size() == 1);
    const std::string second = repository.commit("second");
    it.await(2);
    CHECK(it.sink.commits[1]->id == second);
    CHECK_FALSE(it.sink.commits[1]->uncommitted);
}

TEST_CASE("desired follower: an edit that stays uncommitted is handed on as that, each time anew") {
    const TempFolder folder;
    Repository repository(folder / "work");
    repository.commit("first", "keys.yaml", one_key);
    Following it(repository / "keys.yaml");
    it.follower.load();
    for (std::size_t states = 1; states < 5; states += 2) {
        repository.write("keys.yaml", other_key);
        it.follower.load();
        CHECK(it.sink.commits.size() == states);
        it.await(states + 1);
        CHECK(it.sink.commits.back()->uncommitted);
        repository.write("keys.yaml", one_key);
        it.follower.load();
        REQUIRE(it.sink.commits.size() == states + 2);
        CHECK_FALSE(it.sink.commits.back()->uncommitted);
    }
}

TEST_CASE("desired follower: the history isn't searched while a commit is awaited") {
    const TempFolder folder;
    Repository repository(folder / "work");
    repository.commit("first", "keys.yaml", one_key);
    repository.commit("beside", "other", "text");
    const std::string before = repository.git("rev-parse HEAD~1");
    REQUIRE(fs::remove(repository / (".git/objects/" + before.substr(0, 2) + "/" + before.substr(2))));
    repository.write("keys.yaml", other_key);
    Following it(repository / "keys.yaml");
    it.follower.load();
    CHECK(it.sink.commits.empty());
    it.await(1);
    CHECK_FALSE(it.sink.commits[0]); // the search failed, and came last
}
