// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/output_file.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

mode_t mode_of(const std::string& path) {
    struct stat found {};
    REQUIRE(stat(path.c_str(), &found) == 0);
    return found.st_mode & 07777;
}

std::ptrdiff_t files_in(const TempFolder& folder) {
    return std::distance(std::filesystem::directory_iterator(folder.path()), {});
}

} // namespace

TEST_CASE("output file: a new one has the mode that the umask leaves") {
    TempFolder folder;
    const mode_t before = umask(027);
    write_whole_file(folder / "report", "one\n");
    umask(before);
    CHECK(read_file(folder / "report") == "one\n");
    CHECK(mode_of(folder / "report") == 0640);
    CHECK(files_in(folder) == 1);
}

TEST_CASE("output file: one that is there keeps its mode, and a link stays a link") {
    TempFolder folder;
    write_file(folder / "report", "before, and longer\n");
    REQUIRE(chmod((folder / "report").c_str(), 0604) == 0);
    std::filesystem::create_symlink("report", folder / "link");
    write_whole_file(folder / "link", "after\n");
    CHECK(std::filesystem::is_symlink(folder / "link"));
    CHECK(read_file(folder / "report") == "after\n");
    CHECK(mode_of(folder / "report") == 0604);
    CHECK(files_in(folder) == 2);
}

TEST_CASE("output file: what can't be written leaves everything as it was") {
    TempFolder folder;
    CHECK_THROWS_AS(write_whole_file(folder / "none" + "/report", "x"), std::system_error);
    CHECK_THROWS_AS(write_whole_file(folder.path(), "x"), std::system_error);

    write_file(folder / "report", "before\n");
    rlimit limit{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    const rlimit small{4096, limit.rlim_max};
    const auto handler = signal(SIGXFSZ, SIG_IGN);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK_THROWS_AS(write_whole_file(folder / "report", std::string(10'000, 'x')), std::system_error);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    signal(SIGXFSZ, handler);
    CHECK(read_file(folder / "report") == "before\n");
    CHECK(files_in(folder) == 1);
}

TEST_CASE("output file: a device is written to, not replaced") {
    write_whole_file("/dev/null", "x");
    CHECK_FALSE(std::filesystem::is_regular_file("/dev/null"));
    CHECK_THROWS_AS(write_whole_file("/dev/full", "x"), std::system_error);
}
