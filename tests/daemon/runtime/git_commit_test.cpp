// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/git_commit.hpp"

#include "config/desired_loader.hpp"
#include "tests/support/git_repository.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

namespace fs = std::filesystem;

const std::string one_key = "version: 1\nkeys:\n  - {id: 5e5677d71bdc2ae76344968c, name: a}\n";
const std::string other_key = "version: 1\nkeys:\n  - {id: 5e5677d71bdc2ae76344968d, name: b}\n";

std::optional<Commit> look(const std::string& path) {
    const Loaded<DesiredState> desired = load_desired(path, WallTime{});
    REQUIRE(desired);
    auto commit = commit_of(path, *desired.value);
    CHECK(is_uncommitted(path, *desired.value) == (commit && commit->uncommitted));
    return commit;
}

std::string id_at(const std::string& path) {
    const auto commit = look(path);
    return commit ? commit->id : "none";
}

// While it lives, the current folder is another one.
class Inside {
  public:
    explicit Inside(const std::string& folder)
        : before_(fs::current_path()) {
        fs::current_path(folder);
    }
    ~Inside() { fs::current_path(before_); }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

  private:
    fs::path before_;
};

} // namespace

TEST_CASE("git commit: the last one that changed the file, and who made it when and why") {
    const TempFolder folder;
    Repository repository(folder / "work");
    repository.commit("first", "keys.yaml", other_key);
    const std::string changed =
        repository.commit("Rename billing\n\nAt their request.", "keys.yaml", one_key);
    repository.commit("not about it", "README", "text");

    CHECK(look(repository / "keys.yaml") == Commit{changed, "Ada Operator <ada@example.org>",
                                                   *parse_rfc3339("2026-03-01T08:11:00Z"), "Rename billing",
                                                   false});
    CHECK(repository.log("keys.yaml") == changed);
}

TEST_CASE("git commit: an edit that wasn't committed is told, staged or not") {
    const TempFolder folder;
    Repository repository(folder / "work");
    const std::string id = repository.commit("first", "keys.yaml", other_key);
    repository.write("keys.yaml", one_key);
    CHECK(look(repository / "keys.yaml")->uncommitted);
    repository.git("add keys.yaml");
    CHECK(look(repository / "keys.yaml")->uncommitted);
    CHECK(id_at(repository / "keys.yaml") == id);
    repository.write("keys.yaml", other_key);
    CHECK_FALSE(look(repository / "keys.yaml")->uncommitted);
}

TEST_CASE("git commit: what was loaded counts, not what the file has become") {
    const TempFolder folder;
    Repository repository(folder / "work");
    repository.commit("first", "keys.yaml", one_key);
    const Loaded<DesiredState> desired = load_desired(repository / "keys.yaml", WallTime{});
    repository.write("keys.yaml", other_key);
    CHECK_FALSE(commit_of(repository / "keys.yaml", *desired.value)->uncommitted);
    repository.commit("second");
    CHECK(commit_of(repository / "keys.yaml", *desired.value)->uncommitted);
}

TEST_CASE("git commit: of a folder, the last that changed one of its desired files") {
    const TempFolder folder;
    Repository repository(folder / "work");
    const std::string globs =
        "':(glob)keys/*.yaml' ':(glob)keys/*.yml' ':(exclude,glob)keys/.*' ':(exclude)keys/sub.yaml/'";
    const auto agrees = [&](const std::string& id) {
        CHECK(id_at(repository / "keys") == id);
        CHECK(id_at(repository / "keys/") == id);
        CHECK(repository.log(globs) == id);
        CHECK_FALSE(look(repository / "keys")->uncommitted);
    };
    repository.commit("a", "keys/a.yaml", one_key);
    const std::string with_b = repository.commit("b", "keys/b.yml", other_key);
    agrees(with_b);
    repository.commit("text", "keys/README.md", "text");
    repository.commit("hidden", "keys/.c.yaml", "text");
    repository.commit("below", "keys/sub.yaml/d.yaml", "text");
    repository.commit("beside", "keys.yaml", one_key);
    agrees(with_b);
    fs::remove(repository / "keys/b.yml");
    agrees(repository.commit("without b"));
    fs::permissions(repository / "keys/a.yaml", fs::perms::owner_exec, fs::perm_options::add);
    agrees(repository.commit("mode"));

    repository.write("keys/new.yaml", other_key);
    CHECK(look(repository / "keys")->uncommitted);
}

TEST_CASE("git commit: the work tree itself as the folder") {
    const TempFolder folder;
    Repository repository(folder / "work");
    const std::string id = repository.commit("a", "a.yaml", one_key);
    repository.commit("text", "README", "text");
    CHECK(id_at(repository.path()) == id);
    CHECK_FALSE(look(repository.path())->uncommitted);
}

TEST_CASE("git commit: merges are followed as git log does") {
    const TempFolder folder;
    Repository repository(folder / "work");
    const auto agrees = [&] { CHECK(id_at(repository / "keys.yaml") == repository.log("keys.yaml")); };
    repository.commit("first", "keys.yaml", one_key + "\n\n\n\n\n");
    repository.git("switch --quiet -c topic");
    const std::string topic = repository.commit("topic", "keys.yaml", "# top\n" + one_key + "\n\n\n\n\n");
    repository.git("switch --quiet main");
    const std::string main = repository.commit("main", "other", "text");

    SECTION("only the branch changed it: its commit, not the merge") {
        repository.git("merge --quiet --no-ff -m merge topic");
        CHECK(id_at(repository / "keys.yaml") == topic);
        agrees();
    }
    SECTION("both changed it: the merge") {
        repository.commit("bottom", "keys.yaml", one_key + "\n\n\n\n\n# bottom\n");
        repository.git("merge --quiet --no-ff -m merge topic");
        CHECK(id_at(repository / "keys.yaml") == repository.git("rev-parse HEAD"));
        agrees();
    }
    SECTION("the merge took ours: the branch's change never was") {
        repository.git("merge --quiet --no-ff -s ours -m merge topic");
        CHECK(id_at(repository / "keys.yaml") != topic);
        agrees();
    }
    SECTION("three branches at once") {
        repository.git("switch --quiet -c third HEAD~1");
        repository.commit("third", "third", "text");
        repository.git("switch --quiet main");
        repository.git("merge --quiet --no-ff -m merge topic third");
        CHECK(id_at(repository / "keys.yaml") == topic);
        agrees();
    }
    SECTION("changed and taken back: the commit that took it back") {
        repository.git("merge --quiet --no-ff -m merge topic");
        const std::string back = repository.commit("back", "keys.yaml", one_key + "\n\n\n\n\n");
        CHECK(id_at(repository / "keys.yaml") == back);
        agrees();
    }
}

TEST_CASE("git commit: a path may be relative, or a link from elsewhere") {
    const TempFolder folder;
    Repository repository(folder / "work");
    const std::string id = repository.commit("first", "etc/keys.yaml", one_key);
    repository.commit("text", "README", "text");
    fs::create_symlink(repository / "etc/keys.yaml", folder / "link.yaml");
    fs::create_directory_symlink(repository / "etc", folder / "etc");
    CHECK(id_at(folder / "link.yaml") == id);
    CHECK(id_at(folder / "etc") == id);
    CHECK(id_at(folder / "etc/keys.yaml") == id);
    const Inside inside(repository / "etc");
    CHECK(id_at("keys.yaml") == id);
    CHECK(id_at(".") == id);
    CHECK(id_at("../etc/keys.yaml") == id);
}

TEST_CASE("git commit: links among a folder's files are followed within the repository") {
    const TempFolder folder;
    Repository repository(folder / "work");
    repository.write("keys/a.yaml", one_key);
    repository.write("shared/b", other_key);
    fs::create_symlink("../shared/b", repository / "keys/b.yaml");
    repository.commit("first");
    CHECK_FALSE(look(repository / "keys")->uncommitted);
    const std::string changed = repository.commit("shared", "shared/b", "# b\n" + other_key);
    CHECK(id_at(repository / "keys") == changed);
    CHECK_FALSE(look(repository / "keys")->uncommitted);

    write_file(folder / "outside", one_key);
    fs::remove(repository / "keys/a.yaml");
    fs::create_symlink(folder / "outside", repository / "keys/a.yaml");
    const std::string outside = repository.commit("outside");
    CHECK(id_at(repository / "keys") == outside);
    CHECK(look(repository / "keys")->uncommitted);
}

TEST_CASE("git commit: worktrees, submodules, detached heads, packed and sparse repositories") {
    const TempFolder folder;
    Repository repository(folder / "work");
    repository.commit("first", "keys.yaml", other_key);
    const std::string changed = repository.commit("second", "keys.yaml", one_key);
    const std::string last = repository.commit("text", "README", "text");

    SECTION("a worktree stands where its own HEAD does") {
        repository.git("worktree add --quiet --detach ../tree HEAD~2");
        const auto commit = look(folder / "tree/keys.yaml");
        REQUIRE(commit);
        CHECK(commit->subject == "first");
        CHECK_FALSE(commit->uncommitted);
    }
    SECTION("a worktree may belong to a bare repository") {
        repository.git("clone --quiet --bare . ../bare.git");
        repository.git("--git-dir=../bare.git worktree add --quiet --detach ../release HEAD");
        CHECK(id_at(folder / "release/keys.yaml") == changed);
        CHECK_FALSE(look(folder / "release/keys.yaml")->uncommitted);
    }
    SECTION("a submodule is a repository of its own") {
        Repository outer(folder / "outer");
        outer.git("submodule --quiet add ../work inner");
        const std::string added = outer.commit("add", "keys.yaml", other_key);
        CHECK(id_at(outer / "inner/keys.yaml") == changed);
        CHECK(id_at(outer / "keys.yaml") == added);
    }
    SECTION("detached") {
        repository.git("checkout --quiet --detach");
        CHECK(id_at(repository / "keys.yaml") == changed);
    }
    SECTION("packed") {
        repository.git("gc --quiet");
        repository.git("pack-refs --all");
        CHECK(id_at(repository / "keys.yaml") == changed);
    }
    SECTION("a sparse clone without old files") {
        repository.git("config uploadpack.allowFilter true");
        repository.git("clone --quiet --filter=blob:none --sparse file://" + shell_word(repository.path()) +
                       " ../sparse");
        CHECK(id_at(folder / "sparse/keys.yaml") == changed);
        CHECK_FALSE(look(folder / "sparse/keys.yaml")->uncommitted);
    }
    CHECK(repository.git("rev-parse HEAD") == last);
}

TEST_CASE("git commit: a shallow clone begins where it was cut off") {
    const TempFolder folder;
    Repository repository(folder / "work");
    repository.commit("first", "keys.yaml", one_key);
    repository.commit("text", "README", "text");
    repository.commit("more", "README", "more");
    repository.git("clone --quiet --depth 2 file://" + shell_word(repository.path()) + " ../shallow");
    CHECK(id_at(folder / "shallow/keys.yaml") == repository.git("rev-parse HEAD~1"));
}

TEST_CASE("git commit: none where there is none") {
    const TempFolder folder;
    Repository repository(folder / "work");

    SECTION("no repository") {
        write_file(folder / "keys.yaml", one_key);
        CHECK(id_at(folder / "keys.yaml") == "none");
    }
    SECTION("no commit yet") {
        repository.write("keys.yaml", one_key);
        CHECK(id_at(repository / "keys.yaml") == "none");
    }
    SECTION("untracked, ignored, staged") {
        repository.commit("first", ".gitignore", "ignored.yaml\n");
        for (const std::string name : {"new.yaml", "ignored.yaml", "staged.yaml", "folder/new.yaml"}) {
            repository.write(name, one_key);
        }
        repository.git("add staged.yaml");
        CHECK(id_at(repository / "new.yaml") == "none");
        CHECK(id_at(repository / "ignored.yaml") == "none");
        CHECK(id_at(repository / "staged.yaml") == "none");
        CHECK(id_at(repository / "folder") == "none");
        CHECK(id_at(repository / "folder/new.yaml") == "none");
    }
    SECTION("within .git") {
        repository.commit("first", "keys.yaml", one_key);
        repository.write(".git/keys.yaml", one_key);
        CHECK(id_at(repository / ".git/keys.yaml") == "none");
    }
    SECTION("a bare repository") {
        repository.commit("first", "keys.yaml", one_key);
        repository.git("clone --quiet --bare . ../bare");
        write_file(folder / "bare/keys.yaml", one_key);
        CHECK(id_at(folder / "bare/keys.yaml") == "none");
    }
    SECTION("the file is gone meanwhile") {
        repository.commit("first", "keys.yaml", one_key);
        const Loaded<DesiredState> desired = load_desired(repository / "keys.yaml", WallTime{});
        fs::remove(repository / "keys.yaml");
        CHECK_FALSE(commit_of(repository / "keys.yaml", *desired.value));
    }
}

TEST_CASE("git commit: a broken repository is none") {
    const TempFolder folder;
    Repository repository(folder / "work");
    repository.commit("first", "keys.yaml", one_key);
    repository.commit("second", "README", "text");
    REQUIRE(id_at(repository / "keys.yaml") != "none");
    const auto damage = [&](const std::string& name, const std::string& text) {
        fs::permissions(repository / name, fs::perms::owner_write, fs::perm_options::add);
        write_file(repository / name, text);
    };
    const auto object = [&](const std::string& what) {
        const std::string id = repository.git("rev-parse " + what);
        return ".git/objects/" + id.substr(0, 2) + "/" + id.substr(2);
    };

    SECTION("HEAD is nonsense") {
        damage(".git/HEAD", "nonsense\n");
    }
    SECTION("HEAD is empty") {
        damage(".git/HEAD", "");
    }
    SECTION("HEAD names an object that isn't there") {
        damage(".git/HEAD", "0123456789012345678901234567890123456789\n");
    }
    SECTION("HEAD is a branch that leads to itself") {
        damage(".git/HEAD", "ref: HEAD\n");
    }
    SECTION("the configuration is nonsense") {
        damage(".git/config", "[core\nbare = maybe\n");
    }
    SECTION("a format from the future") {
        damage(".git/config", "[core]\nrepositoryformatversion = 99\n");
    }
    SECTION("the commit is garbage") {
        damage(object("HEAD"), "garbage");
    }
    SECTION("the commit before is cut off") {
        damage(object("HEAD~1"), "");
    }
    SECTION("the commit before is gone") {
        fs::remove(repository / object("HEAD~1"));
    }
    SECTION("the tree is gone") {
        fs::remove(repository / object("HEAD^{tree}"));
    }
    SECTION("the file's content is garbage") {
        damage(object("HEAD:keys.yaml"), "garbage");
    }
    SECTION("the objects are gone") {
        fs::remove_all(repository / ".git/objects");
    }
    SECTION(".git is a file that leads nowhere") {
        fs::remove_all(repository / ".git");
        repository.write(".git", "gitdir: /nowhere\n");
    }
    SECTION(".git is a file that leads to itself") {
        fs::remove_all(repository / ".git");
        repository.write(".git", "gitdir: .git\n");
    }
    CHECK(id_at(repository / "keys.yaml") == "none");
}

TEST_CASE("git commit: a repository that hangs its readers is none, and isn't asked again") {
    const TempFolder folder;
    Repository repository(folder / "work");
    repository.commit("first", "keys.yaml", one_key);
    const std::string path = repository / "keys.yaml";
    const Loaded<DesiredState> desired = load_desired(path, WallTime{});
    std::string fifo = repository / ".git/config";
    SECTION("its configuration") {}
    SECTION("what its configuration includes") {
        repository.git("config include.path fifo");
        fifo = repository / ".git/fifo";
    }
    SECTION("an object") {
        const std::string id = repository.git("rev-parse HEAD:keys.yaml");
        fifo = repository / (".git/objects/" + id.substr(0, 2) + "/" + id.substr(2));
    }
    const std::string kept = folder / "kept";
    if (fs::exists(fifo)) {
        fs::rename(fifo, kept);
    }
    REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    CHECK_FALSE(commit_of(path, *desired.value));

    // Ends whoever still reads.
    const int end = open(fifo.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(end >= 0);
    close(end);
    REQUIRE(fs::remove(fifo));
    if (fs::exists(kept)) {
        fs::rename(kept, fifo);
    }
    CHECK_FALSE(commit_of(path, *desired.value));
    CHECK_FALSE(is_uncommitted(path, *desired.value));
    fs::create_directory_symlink(repository.path(), folder / "link");
    CHECK(commit_of(folder / "link/keys.yaml", *desired.value));
}

TEST_CASE("git commit: authors and messages may be anything") {
    const TempFolder folder;
    Repository repository(folder / "work");
    repository.write("keys.yaml", one_key);
    repository.git("add --all");
    const auto commit = [&](const std::string& message) {
        write_file(folder / "message", message);
        repository.git("-c i18n.commitEncoding=ISO-8859-1 commit --quiet --amend --allow-empty-message "
                       "--cleanup=verbatim --author='J\xF6rg <j@example.org>' -F ../message");
        return look(repository / "keys.yaml");
    };
    repository.git("commit --quiet -m first");

    CHECK(commit("caf\xE9\n")->subject == "caf\uFFFD");
    CHECK(commit("x")->author == "J\uFFFDrg <j@example.org>");
    CHECK(commit("\n\n  \nsubject \r\nmore")->subject == "subject");
    CHECK(commit("one\ntwo\n\nthree")->subject == "one");
    CHECK(commit("")->subject.empty());
    const std::string cut = commit(std::string(100'000, 'x'))->subject;
    CHECK(cut == std::string(300, 'x') + "…");
}

TEST_CASE("git commit: times beyond any calendar") {
    const TempFolder folder;
    Repository repository(folder / "work");
    repository.commit("first", "keys.yaml", one_key);
    const std::string tree = repository.git("rev-parse 'HEAD^{tree}'");
    const auto at = [&](const std::string& seconds) {
        write_file(folder / "object", "tree " + tree + "\nauthor A <a@b> " + seconds +
                                          " +0000\ncommitter A <a@b> 0 +0000\n\nlate\n");
        repository.git("reset --quiet --soft $(git -C " + shell_word(repository.path()) +
                       " hash-object -t commit --literally -w ../object)");
        return format_rfc3339(look(repository / "keys.yaml").value_or(Commit{}).authored_at);
    };
    CHECK(at("99999999999999999") == "9999-12-31T23:59:59.000Z");
    CHECK(at("1") == "1970-01-01T00:00:01.000Z");
}

TEST_CASE("git commit: nobody's settings and environment matter, and nothing is run") {
    const TempFolder folder;
    Repository repository(folder / "work");
    repository.write(".gitattributes", "*.yaml filter=mark diff=mark\n");
    const std::string id = repository.commit("first", "keys.yaml", one_key);
    const std::string mark = "touch " + (folder / "ran");
    for (const std::string name : {"filter.mark.smudge", "filter.mark.clean", "diff.mark.textconv",
                                   "core.fsmonitor", "core.sshCommand", "core.pager", "gpg.program"}) {
        repository.git("config " + name + " " + shell_word(mark));
    }
    repository.git("config log.showSignature true");
    setenv("GIT_DIR", "/nonexistent", 1);
    setenv("GIT_WORK_TREE", "/nonexistent", 1);
    CHECK(id_at(repository / "keys.yaml") == id);
    unsetenv("GIT_DIR");
    unsetenv("GIT_WORK_TREE");
    CHECK_FALSE(look(repository / "keys.yaml")->uncommitted);
    CHECK_FALSE(fs::exists(folder / "ran"));
}

TEST_CASE("git commit: the repository may belong to another user") {
    if (geteuid() != 0) {
        WARN("needs root; not tried");
        return;
    }
    const TempFolder folder;
    Repository repository(folder / "work");
    const std::string id = repository.commit("first", "keys.yaml", one_key);
    REQUIRE(chown(repository.path().c_str(), 65534, 65534) == 0);
    for (const auto& entry : fs::recursive_directory_iterator(repository.path())) {
        REQUIRE(chown(entry.path().c_str(), 65534, 65534) == 0);
    }
    CHECK(id_at(repository / "keys.yaml") == id);
}
