// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/file_watcher.hpp"

#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// Follows a path as the daemon does: reads the content at every call.
class Follower {
  public:
    explicit Follower(std::string path, bool polling = false, WatchTiming timing = {})
        : path_(std::move(path))
        , watcher_(
              loop_, path_, [this] { read(); }, polling, timing) {}

    // Whether the content was seen, within a generous bound.
    bool sees(const std::string& content) {
        for (const auto end = current_time().mono + 20s; seen_.empty() || seen_.back() != content;) {
            if (current_time().mono > end) {
                return false;
            }
            loop_.step(1000ms);
        }
        return true;
    }

    // Lets everything that is due within the time happen.
    void run_for(std::chrono::milliseconds time) {
        for (const auto end = current_time().mono + time; current_time().mono < end;) {
            loop_.step(10ms);
        }
    }

    bool ever_saw(const std::string& content) const {
        return std::ranges::find(seen_, content) != seen_.end();
    }
    std::size_t calls() const { return seen_.size(); }

  private:
    void read() { seen_.push_back(fs::is_directory(path_) ? listing() : read_file(path_)); }
    std::string listing() const {
        std::string text;
        for (const auto& file : stamp_of(path_).files) {
            text += read_file(file.path);
        }
        return text;
    }

    std::string path_;
    std::vector<std::string> seen_;
    EventLoop loop_;
    FileWatcher watcher_;
};

void replace(const std::string& path, const std::string& text) {
    write_file(path + ".tmp", text);
    fs::rename(path + ".tmp", path);
}

void swap_link(const std::string& link, const std::string& target) {
    fs::create_symlink(target, link + "_tmp");
    fs::rename(link + "_tmp", link);
}

} // namespace

TEST_CASE("file watcher: what is there at the start is told") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    CHECK(follower.sees("one"));
}

TEST_CASE("file watcher: a rename over the file is told") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    for (const char* text : {"two", "three", "four"}) {
        replace(folder / "f", text);
        CHECK(follower.sees(text));
    }
}

TEST_CASE("file watcher: a write in place is told when it is closed, and no earlier") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    const int fd = open((folder / "f").c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
    REQUIRE(fd >= 0);
    for (const char* part : {"t", "w"}) {
        REQUIRE(write(fd, part, 1) == 1);
        follower.run_for(300ms);
    }
    CHECK(follower.calls() == 1);
    REQUIRE(write(fd, "o", 1) == 1);
    close(fd);
    CHECK(follower.sees("two"));
    CHECK_FALSE(follower.ever_saw("tw"));
    CHECK_FALSE(follower.ever_saw(""));
}

TEST_CASE("file watcher: a script that writes in several steps is told of the last") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    write_file(folder / "f", "t");
    std::ofstream(folder / "f", std::ios::app) << "w";
    std::ofstream(folder / "f", std::ios::app) << "o";
    CHECK(follower.sees("two"));
    CHECK(follower.calls() == 2);
}

TEST_CASE("file watcher: an editor that moves the old file away and writes a new one is told once") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    fs::rename(folder / "f", folder / "f~");
    write_file(folder / "f", "two");
    CHECK(follower.sees("two"));
    CHECK(follower.calls() == 2);
}

TEST_CASE("file watcher: a file that is deleted, and made again, is told") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    fs::remove(folder / "f");
    REQUIRE(follower.sees(""));
    write_file(folder / "f", "two");
    CHECK(follower.sees("two"));
}

TEST_CASE("file watcher: a folder that is deleted, and made again, is told") {
    TempFolder folder;
    fs::create_directories(folder / "a/b");
    write_file(folder / "a/b/f", "one");
    Follower follower(folder / "a/b/f");
    REQUIRE(follower.sees("one"));
    fs::remove_all(folder / "a");
    REQUIRE(follower.sees(""));
    fs::create_directories(folder / "a/b");
    write_file(folder / "a/b/f", "two");
    REQUIRE(follower.sees("two"));
    replace(folder / "a/b/f", "three");
    CHECK(follower.sees("three"));
}

TEST_CASE("file watcher: a folder that is moved away with another in its place is told") {
    TempFolder folder;
    fs::create_directories(folder / "a/b");
    write_file(folder / "a/b/f", "one");
    Follower follower(folder / "a/b/f");
    REQUIRE(follower.sees("one"));
    fs::create_directories(folder / "new/b");
    write_file(folder / "new/b/f", "two");
    fs::rename(folder / "a", folder / "old");
    fs::rename(folder / "new", folder / "a");
    REQUIRE(follower.sees("two"));
    replace(folder / "a/b/f", "three");
    CHECK(follower.sees("three"));
}

TEST_CASE("file watcher: a link swapped two levels deep is told, each time") {
    TempFolder folder;
    fs::create_directories(folder / "..1");
    write_file(folder / "..1/f", "one");
    fs::create_symlink("..1", folder / "..data");
    fs::create_symlink("..data/f", folder / "f");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    for (const char* text : {"two", "three", "four"}) {
        const std::string version = std::string("..") + text;
        fs::create_directories(folder / version);
        write_file(folder / (version + "/f"), text);
        swap_link(folder / "..data", version);
        CHECK(follower.sees(text));
    }
}

TEST_CASE("file watcher: a file that comes to be later is told") {
    TempFolder folder;
    Follower follower(folder / "none/f");
    REQUIRE(follower.sees(""));
    fs::create_directory(folder / "none");
    write_file(folder / "none/f", "one");
    CHECK(follower.sees("one"));
}

TEST_CASE("file watcher: a folder of files: each of them counts, new ones and links too") {
    TempFolder folder;
    fs::create_directory(folder / "keys");
    write_file(folder / "keys/a.yaml", "a");
    Follower follower(folder / "keys");
    REQUIRE(follower.sees("a"));
    write_file(folder / "keys/b.yml", "b");
    CHECK(follower.sees("ab"));
    write_file(folder / "outside", "c");
    fs::create_symlink(folder / "outside", folder / "keys/c.yaml");
    CHECK(follower.sees("abc"));
    replace(folder / "outside", "C");
    CHECK(follower.sees("abC"));
    fs::remove(folder / "keys/a.yaml");
    CHECK(follower.sees("bC"));
}

TEST_CASE("file watcher: other files in the folder are nobody's business") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    write_file(folder / "g", "x");
    replace(folder / "h", "y");
    follower.run_for(300ms);
    CHECK(follower.calls() == 1);
}

TEST_CASE("file watcher: a file that is readable again is told") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    const auto before = follower.calls();
    fs::permissions(folder / "f", fs::perms::owner_read);
    for (const auto end = current_time().mono + 20s;
         follower.calls() == before && current_time().mono < end;) {
        follower.run_for(10ms);
    }
    CHECK(follower.calls() > before);
}

TEST_CASE("file watcher: where inotify is blind, two equal looks tell") {
    TempFolder folder;
    write_file(folder / "real", "one");
    // A hard link elsewhere: writes through it raise no event in the watched folder, as on a network mount.
    fs::create_directory(folder / "watched");
    fs::create_hard_link(folder / "real", folder / "watched/f");
    WatchTiming timing;
    timing.poll = 50ms;
    Follower follower(folder / "watched/f", true, timing);
    REQUIRE(follower.sees("one"));
    write_file(folder / "real", "two");
    CHECK(follower.sees("two"));
}
