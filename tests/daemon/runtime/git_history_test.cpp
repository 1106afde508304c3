// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/git_history.hpp"

#include "tests/support/git_repository.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <chrono>
#include <string>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

namespace fs = std::filesystem;

constexpr git::WalkLimits no_hurry{5'000, std::chrono::hours(1)};
const git::GivenUp wanted = false;

// libgit2 with a repository, and HEAD of it.
class Opened {
  public:
    explicit Opened(const Repository& repository) {
        git_libgit2_init();
        repository_ = git::get<git::RepositoryHandle>(git_repository_open, repository.path().c_str());
        git_oid id{};
        REQUIRE(git_reference_name_to_id(&id, repository_.get(), "HEAD") == 0);
        head_ = git::get<git::CommitHandle>(git_commit_lookup, repository_.get(), &id);
    }
    ~Opened() {
        head_.reset();
        repository_.reset();
        git_libgit2_shutdown();
    }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;

    git_repository* repository() const { return repository_.get(); }
    const git_commit* head() const { return head_.get(); }

  private:
    git::RepositoryHandle repository_;
    git::CommitHandle head_;
};

std::string id_of(const git_commit* commit) {
    return git_oid_tostr_s(git_commit_id(commit));
}

std::string last_change(const Repository& repository, const std::string& path, bool folder,
                        git::WalkLimits limits) {
    const Opened opened(repository);
    const git::History history(opened.repository(), path, folder, wanted);
    return id_of(history.last_change(opened.head(), history.members_in(opened.head()), limits).get());
}

// So many that libgit2 keeps no tree of them at hand.
void write_many(const Repository& repository, const std::string& folder) {
    for (int i = 0; i < 200; ++i) {
        repository.write(fmt::format("{}/{}.yaml", folder, i), "text");
    }
}

// Takes an object away once a walk may no longer want it.
void lose(Repository& repository, const std::string& what) {
    const std::string id = repository.git("rev-parse " + what);
    REQUIRE(fs::remove(repository / (".git/objects/" + id.substr(0, 2) + "/" + id.substr(2))));
}

} // namespace

TEST_CASE("git history: a folder's files are listed again only where the folder changed") {
    const TempFolder folder;
    Repository repository(folder / "work");
    write_many(repository, "keys");
    const std::string changed = repository.commit("first");
    repository.commit("beside", "other", "text");
    repository.commit("beside", "other", "more");

    const Opened opened(repository);
    const git::History history(opened.repository(), "keys", true, wanted);
    const auto members = history.members_in(opened.head());
    REQUIRE(members.size() == 200);
    lose(repository, "HEAD:keys");
    CHECK(id_of(history.last_change(opened.head(), members, no_hurry).get()) == changed);
}

TEST_CASE("git history: nothing is read below where the ids agree") {
    const TempFolder folder;
    Repository repository(folder / "work");
    write_many(repository, "etc/keys");
    const std::string changed = repository.commit("first");
    repository.commit("beside", "other", "text");

    const Opened opened(repository);
    const git::History history(opened.repository(), "etc/keys/7.yaml", false, wanted);
    const auto members = history.members_in(opened.head());
    REQUIRE(members.size() == 1);
    SECTION("the folder of the file") {
        lose(repository, "HEAD:etc/keys");
    }
    SECTION("the one above") {
        lose(repository, "HEAD:etc");
    }
    CHECK(id_of(history.last_change(opened.head(), members, no_hurry).get()) == changed);
}

TEST_CASE("git history: a file among others that changed, far down") {
    const TempFolder folder;
    Repository repository(folder / "work");
    repository.write("a/b/keys.yaml", "text");
    repository.commit("first");
    const std::string changed = repository.commit("mine", "a/b/keys.yaml", "more");
    repository.commit("same folder", "a/b/other", "text");
    repository.commit("folder above", "a/other", "text");
    repository.commit("instead of a folder", "c", "text");
    CHECK(last_change(repository, "a/b/keys.yaml", false, no_hurry) == changed);
    CHECK(last_change(repository, "a/b", true, no_hurry) == changed);
}

TEST_CASE("git history: a walk whose time is up names HEAD") {
    const TempFolder folder;
    Repository repository(folder / "work");
    const std::string first = repository.commit("first", "keys.yaml", "text");
    const std::string last = repository.commit("beside", "other", "text");
    CHECK(last_change(repository, "keys.yaml", false, no_hurry) == first);
    CHECK(last_change(repository, "keys.yaml", false, {5'000, std::chrono::milliseconds(0)}) == last);
}

TEST_CASE("git history: nothing more is read for somebody who has given up") {
    const TempFolder folder;
    Repository repository(folder / "work");
    repository.commit("first", "keys.yaml", "text");
    repository.commit("beside", "other", "text");
    const Opened opened(repository);
    git::GivenUp given_up = false;
    const git::History history(opened.repository(), "keys.yaml", false, given_up);
    const auto members = history.members_in(opened.head());
    given_up = true;
    CHECK_THROWS_AS(history.digest_of(members), git::Broken);
    CHECK_THROWS_AS(history.last_change(opened.head(), members, no_hurry), git::Broken);
    CHECK_THROWS_AS(history.members_in(opened.head()), git::Broken);
}

TEST_CASE("git history: a walk that finds nothing in 5,000 commits names HEAD") {
    const TempFolder folder;
    Repository repository(folder / "work");
    const std::string first = repository.commit("first", "keys.yaml", "text");
    const auto grow = [&](int count) {
        std::string stream;
        for (int i = 0; i < count; ++i) {
            stream += "commit refs/heads/main\ncommitter A <a@b> " + std::to_string(1'800'000'000 + i) +
                      " +0000\ndata 1\nx\n" + (i == 0 ? "from refs/heads/main^0\n" : "") +
                      "M 644 inline other\ndata 6\n" + std::to_string(100'000 + i) + "\n";
        }
        write_file(folder / "stream", stream);
        repository.git("fast-import --quiet < " + shell_word(folder / "stream"));
        return repository.git("rev-parse main");
    };
    grow(4'998);
    CHECK(last_change(repository, "keys.yaml", false, no_hurry) == first);
    const std::string last = grow(2);
    CHECK(last_change(repository, "keys.yaml", false, no_hurry) == last);
}
