// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/watch_points.hpp"

#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>

using namespace apikeyd;
using namespace apikeyd::test;
namespace fs = std::filesystem;

TEST_CASE("watch points: a plain file is watched in its folder, and each folder above for itself") {
    TempFolder folder;
    write_file(folder / "keys.yaml", "x");
    const auto points = find_watch_points(folder / "keys.yaml");
    REQUIRE(points.contains(folder.path()));
    CHECK(points.at(folder.path()).concerns("keys.yaml"));
    CHECK_FALSE(points.at(folder.path()).concerns("other.yaml"));
    REQUIRE(points.contains("/"));
    CHECK_FALSE(points.at("/").contents);
}

TEST_CASE("watch points: links are followed two levels deep, as a mounted ConfigMap has them") {
    TempFolder folder;
    fs::create_directory(folder / "..2024");
    write_file(folder / "..2024/keys.yaml", "x");
    fs::create_symlink("..2024", folder / "..data");
    fs::create_symlink("..data/keys.yaml", folder / "keys.yaml");
    const auto points = find_watch_points(folder / "keys.yaml");
    CHECK(points.at(folder.path()).concerns("keys.yaml"));
    CHECK(points.at(folder.path()).concerns("..data"));
    REQUIRE(points.contains(folder / "..2024"));
    CHECK(points.at(folder / "..2024").concerns("keys.yaml"));
}

TEST_CASE("watch points: a missing part is waited for where it would come") {
    TempFolder folder;
    const auto points = find_watch_points(folder / "none/sub/keys.yaml");
    CHECK(points.at(folder.path()).concerns("none"));
    CHECK_FALSE(points.contains(folder / "none"));
}

TEST_CASE("watch points: links in a circle end the walk") {
    TempFolder folder;
    fs::create_symlink("b", folder / "a");
    fs::create_symlink("a", folder / "b");
    const auto points = find_watch_points(folder / "a");
    CHECK(points.at(folder.path()).concerns("a"));
    CHECK(points.at(folder.path()).concerns("b"));
}

TEST_CASE("watch points: in a folder of files each desired file matters, others don't") {
    TempFolder folder;
    fs::create_directory(folder / "keys");
    fs::create_directory(folder / "elsewhere");
    write_file(folder / "elsewhere/b.yaml", "x");
    fs::create_symlink(folder / "elsewhere/b.yaml", folder / "keys/b.yaml");
    const auto points = find_watch_points(folder / "keys");
    const FolderWatch& watch = points.at(folder / "keys");
    CHECK(watch.concerns("new.yaml"));
    CHECK(watch.concerns("new.yml"));
    CHECK_FALSE(watch.concerns(".new.yaml"));
    CHECK_FALSE(watch.concerns("new.yaml~"));
    CHECK(points.at(folder / "elsewhere").concerns("b.yaml"));
}

TEST_CASE("watch points: a stamp changes with the content's identity and size") {
    TempFolder folder;
    CHECK(stamp_of(folder / "keys.yaml").files.empty());
    write_file(folder / "keys.yaml", "x");
    const auto first = stamp_of(folder / "keys.yaml");
    CHECK(first == stamp_of(folder / "keys.yaml"));
    write_file(folder / "keys.yaml", "xy");
    const auto second = stamp_of(folder / "keys.yaml");
    CHECK_FALSE(first == second);
    write_file(folder / "new", "xy");
    fs::rename(folder / "new", folder / "keys.yaml");
    CHECK_FALSE(second == stamp_of(folder / "keys.yaml"));
}

TEST_CASE("watch points: a folder on the way is watched for its end in the one above") {
    TempFolder folder;
    fs::create_directory(folder / "conf");
    const auto points = find_watch_points(folder / "conf/keys.yaml");
    CHECK(points.at(folder.path()).concerns("conf"));
    CHECK_FALSE(points.at(folder.path()).contents);
    CHECK(points.at(folder / "conf").contents);
}

TEST_CASE("watch points: a writer that has the file open is noticed, and that it has gone") {
    TempFolder folder;
    const std::string file = folder / "keys.yaml";
    CHECK(is_being_written(file) == BeingWritten::no); // there is none
    write_file(file, "x");
    CHECK(is_being_written(file) == BeingWritten::no);
    const int fd = open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    REQUIRE(fd >= 0);
    CHECK(is_being_written(file) == BeingWritten::yes);
    close(fd);
    CHECK(is_being_written(file) == BeingWritten::no);
}

TEST_CASE("watch points: of a file that belongs to another nobody can tell whether it is being written") {
    if (geteuid() != 0) {
        WARN("not run as root: what a user sees who doesn't own the file is not tested");
        return;
    }
    TempFolder folder;
    fs::permissions(folder.path(), fs::perms(0755));
    const std::string file = folder / "keys.yaml";
    write_file(file, "x");
    const pid_t child = fork();
    if (child == 0) {
        const bool dropped = setresuid(65534, 65534, 65534) == 0;
        _exit(dropped && is_being_written(file) == BeingWritten::unknown ? 0 : 1);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("watch points: a local file system is trusted, a missing path there too") {
    TempFolder folder;
    CHECK(inotify_sees_all(folder / "none/keys.yaml"));
}
