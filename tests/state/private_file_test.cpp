// SPDX-License-Identifier: Apache-2.0
#include "state/private_file.hpp"

#include "tests/support/temp_folder.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

mode_t mode_of(const std::string& path) {
    struct stat info {};
    REQUIRE(lstat(path.c_str(), &info) == 0);
    return info.st_mode & 07777;
}

// Whether another process would get a lock on the whole file.
bool is_free(const std::string& path) {
    const pid_t child = fork();
    if (child == 0) {
        struct flock lock {};
        lock.l_type = F_WRLCK;
        const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
        _exit(fd >= 0 && fcntl(fd, F_SETLK, &lock) == 0 ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

TEST_CASE("private file: narrowing leaves alone where a link leads") {
    const TempFolder folder;
    write_file(folder / "somebody's", "");
    REQUIRE(chmod((folder / "somebody's").c_str(), 0666) == 0);
    std::filesystem::create_symlink("somebody's", folder / "state.db");
    narrow_private(folder / "state.db");
    narrow_private(folder / "none");
    CHECK(mode_of(folder / "somebody's") == 0666);
}

TEST_CASE("private file: narrowing leaves alone where a link leads that comes in between") {
    const TempFolder folder;
    const std::string state = folder / "state.db";
    const std::string link = folder / "link";
    write_file(folder / "somebody's", "");
    REQUIRE(chmod((folder / "somebody's").c_str(), 0666) == 0);
    write_file(state, "");
    REQUIRE(chmod(state.c_str(), 0666) == 0);
    std::filesystem::create_symlink("somebody's", link);
    std::atomic<bool> done{false};
    std::thread swapping([&] {
        while (!done) {
            (void)renameat2(AT_FDCWD, state.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE);
        }
    });
    for (int times = 0; times < 20'000; ++times) {
        narrow_private(state);
    }
    done = true;
    swapping.join();
    CHECK(mode_of(folder / "somebody's") == 0666);
    const bool swapped = std::filesystem::is_symlink(state);
    CHECK(mode_of(swapped ? link : state) == 0640);
}

TEST_CASE("private file: narrowing keeps the locks on it") {
    const TempFolder folder;
    const std::string state = folder / "state.db";
    write_file(state, "");
    REQUIRE(chmod(state.c_str(), 0646) == 0);
    const int fd = open(state.c_str(), O_RDWR | O_CLOEXEC);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    REQUIRE(fcntl(fd, F_SETLK, &lock) == 0);
    narrow_private(state);
    CHECK(mode_of(state) == 0640);
    CHECK_FALSE(is_free(state));
    close(fd);
    CHECK(is_free(state));
}
