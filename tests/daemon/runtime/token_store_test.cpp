// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/token_store.hpp"

#include "tests/support/temp_folder.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>
#include <sys/xattr.h>

using namespace apikeyd;
using namespace apikeyd::test;
using Catch::Matchers::Contains;

namespace {

void write_token(const std::string& path, const std::string& text, mode_t mode = 0600) {
    write_file(path, text);
    REQUIRE(chmod(path.c_str(), mode) == 0);
}

std::string refusal(const std::string& path) {
    try {
        (void)read_token_file(path);
    } catch (const TokenError& error) {
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("token: is read without the white space around it") {
    TempFolder folder;
    const char* text = GENERATE("abc-DEF.123", "abc-DEF.123\n", "\r\n  abc-DEF.123\t\r\n\r\n");
    write_token(folder / "token", text);
    CHECK(read_token_file(folder / "token").reveal() == "abc-DEF.123");
}

TEST_CASE("token: what could not go into a header is refused, and not shown") {
    TempFolder folder;
    const std::string text =
        GENERATE(as<std::string>{}, "marked secret", "marked\nsecret", "marked\rsecret", "marked\x01secret",
                 "marked\xc3\xa9secret", std::string("marked\0secret", 13));
    write_token(folder / "token", text);
    const std::string why = refusal(folder / "token");
    CHECK_THAT(why, Contains("visible ASCII") && !Contains("marked") && !Contains("secret"));
}

TEST_CASE("token: an empty file, a missing one, a folder, a pipe and a huge one are refused by name") {
    TempFolder folder;
    write_token(folder / "empty", " \n");
    CHECK_THAT(refusal(folder / "empty"), Contains("holds no token"));
    CHECK_THAT(refusal(folder / "none"), Contains("No such file"));
    std::filesystem::create_directory(folder / "sub");
    CHECK_THAT(refusal(folder / "sub"), Contains("not a regular file"));
    REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK_THAT(refusal(folder / "pipe"), Contains("not a regular file"));
    write_token(folder / "huge", "x");
    std::filesystem::resize_file(folder / "huge", 1ULL << 30);
    CHECK_THAT(refusal(folder / "huge"), Contains("are no token"));
}

TEST_CASE("token: a file that others may read is refused with what to do") {
    TempFolder folder;
    const mode_t mode = GENERATE(0640U, 0604U, 0620U, 0666U);
    write_token(folder / "token", "abc", mode);
    CHECK_THAT(refusal(folder / "token"), Contains("chmod 600"));
}

TEST_CASE("token: a file that anybody may replace is refused with what to do") {
    TempFolder folder;
    std::filesystem::create_directory(folder / "open");
    write_token(folder / "open/token", "abc");
    std::filesystem::create_symlink(folder / "open/token", folder / "link");
    REQUIRE(chmod((folder / "open").c_str(), 0777) == 0);
    for (const std::string& path : {folder / "open/token", folder / "link"}) {
        CHECK_THAT(refusal(path), Contains(folder / "open") && Contains("chmod o-w"));
    }
    REQUIRE(chmod((folder / "open").c_str(), 01777) == 0); // each may replace only what is theirs
    CHECK(refusal(folder / "open/token").empty());
    CHECK(refusal(folder / "link").empty());
}

TEST_CASE("token: a file that an access list opens to somebody is refused") {
    TempFolder folder;
    write_token(folder / "token", "abc");
    // acl(5) as it stands in the extended attribute: version 2, then tag, rights and id of each entry.
    const std::array<std::uint32_t, 11> list{2, // version
                                             0x0006'0001, 0xFFFFFFFF,  0x0004'0002, 65534,       0x0000'0004,
                                             0xFFFFFFFF,  0x0004'0010, 0xFFFFFFFF,  0x0000'0020, 0xFFFFFFFF};
    if (setxattr((folder / "token").c_str(), "system.posix_acl_access", list.data(), sizeof list, 0) != 0) {
        REQUIRE(errno == ENOTSUP);
        WARN("this file system has no access lists");
        return;
    }
    CHECK_THAT(refusal(folder / "token"), Contains("chmod 600"));
    REQUIRE(chmod((folder / "token").c_str(), 0600) == 0); // as we advise: it closes the mask
    CHECK(refusal(folder / "token").empty());
}

TEST_CASE("token: a named file comes before systemd's credential, and that before the variable") {
    TempFolder folder;
    write_token(folder / "named", "named-token");
    write_token(folder / "api-token", "credential-token", 0400);
    setenv("APIKEYD_TOKEN", "variable-token", 1);
    CHECK(TokenStore(find_token("")).get().reveal() == "variable-token");
    CHECK(std::getenv("APIKEYD_TOKEN") == nullptr); // taken out, so that nobody else finds it

    setenv("APIKEYD_TOKEN", "variable-token", 1);
    setenv("CREDENTIALS_DIRECTORY", folder.path().c_str(), 1);
    CHECK(TokenStore(find_token("")).get().reveal() == "credential-token");
    CHECK(TokenStore(find_token(folder / "named")).get().reveal() == "named-token");
    unsetenv("CREDENTIALS_DIRECTORY");
    CHECK_THROWS_WITH(TokenStore(find_token("")), Contains("--token-file") && Contains("APIKEYD_TOKEN"));
}

TEST_CASE("token: the file that a credential is a copy of must be its owner's alone, too") {
    TempFolder folder;
    TempFolder configuration;
    setenv("CREDENTIALS_DIRECTORY", folder.path().c_str(), 1);
    setenv("CONFIGURATION_DIRECTORY", configuration.path().c_str(), 1);
    write_token(folder / "api-token", "credential-token", 0400);
    CHECK(read_token_file(folder / "api-token").reveal() == "credential-token"); // made of another file
    write_token(configuration / "api-token", "credential-token", 0600);
    CHECK(read_token_file(folder / "api-token").reveal() == "credential-token");
    for (const mode_t mode : {0640U, 0604U, 0620U}) {
        write_token(configuration / "api-token", "credential-token", mode);
        CHECK_THAT(refusal(folder / "api-token"),
                   Contains(configuration / "api-token") && Contains("chmod 600"));
    }
    unsetenv("CREDENTIALS_DIRECTORY");
    CHECK(read_token_file(folder / "api-token").reveal() == "credential-token"); // no credential: no copy
    unsetenv("CONFIGURATION_DIRECTORY");
}

TEST_CASE("token: a changed file is a new token; a broken one leaves the old in force") {
    TempFolder folder;
    write_token(folder / "token", "first");
    TokenStore store(find_token(folder / "token"));
    CHECK_FALSE(store.reload());
    write_token(folder / "token", "second\n");
    CHECK(store.reload());
    CHECK(store.get().reveal() == "second");
    write_token(folder / "token", "");
    CHECK_THROWS_AS(store.reload(), TokenError);
    CHECK(store.get().reveal() == "second");
}

TEST_CASE("token: a credential of systemd's may be readable to the group, and nothing more") {
    TempFolder folder;
    TempFolder elsewhere;
    setenv("CREDENTIALS_DIRECTORY", folder.path().c_str(), 1);
    write_token(folder / "api-token", "credential-token", 0440);
    CHECK(TokenStore(find_token("")).get().reveal() == "credential-token");
    CHECK(read_token_file(folder.path() + "//./api-token").reveal() == "credential-token");
    for (const mode_t mode : {0444U, 0460U, 0450U, 0441U}) {
        write_token(folder / "other", "abc", mode);
        CHECK_THAT(refusal(folder / "other"), Contains("chmod 600"));
    }
    write_token(elsewhere / "token", "abc", 0440);
    CHECK_THAT(refusal(elsewhere / "token"), Contains("chmod 600"));
    std::filesystem::create_symlink(elsewhere / "token", folder / "link");
    CHECK_THAT(refusal(folder / "link"), Contains("chmod 600"));
    std::filesystem::create_directory(folder / "sub");
    write_token(folder / "sub/token", "abc", 0440);
    CHECK_THAT(refusal(folder / "sub/token"), Contains("chmod 600"));
    setenv("CREDENTIALS_DIRECTORY", "", 1);
    CHECK_THAT(refusal(folder / "api-token"), Contains("chmod 600"));
    unsetenv("CREDENTIALS_DIRECTORY");
    CHECK_THAT(refusal(folder / "api-token"), Contains("chmod 600"));
}
