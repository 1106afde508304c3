// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/listener.hpp"

#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

using namespace apikeyd;
using namespace apikeyd::test;
using Catch::Matchers::Contains;

namespace {

ListenAddress address(const std::string& text) {
    return parse_listen_address(text).value();
}

int bound_socket(const std::string& path, int type) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::strncpy(static_cast<char*>(at.sun_path), path.c_str(), sizeof at.sun_path - 1);
    const int fd = socket(AF_UNIX, type, 0);
    REQUIRE(bind(fd, static_cast<const sockaddr*>(static_cast<const void*>(&at)), sizeof at) == 0);
    return fd;
}

// What a process that was killed leaves.
void leave_socket(const std::string& path) {
    close(bound_socket(path, SOCK_STREAM));
}

} // namespace

TEST_CASE("listener: a port of this machine, and the port of another is named") {
    const Listener first(address("localhost:0"));
    CHECK_THAT(first.address(), Contains("http://127.0.0.1:"));
    CHECK(first.local());
    CHECK((fcntl(first.fd(), F_GETFD) & FD_CLOEXEC) != 0);
    const std::string taken = first.address().substr(7, first.address().size() - 8);
    CHECK_THROWS_WITH(Listener(address(taken)), Contains("Address already in use") && Contains("127.0.0.1"));
}

TEST_CASE("listener: a port is free again at once") {
    std::optional<Listener> first(std::in_place, address("127.0.0.1:0"));
    const std::string same = first->address().substr(7, first->address().size() - 8);
    first.reset();
    CHECK(Listener(address(same)).address() == "http://" + same + "/");
}

TEST_CASE("listener: an address of all machines is known as such") {
    CHECK_FALSE(Listener(address("0.0.0.0:0")).local());
}

TEST_CASE("listener: a path is the group's, and gone at the end") {
    TempFolder folder;
    const std::string path = folder / "status.sock";
    {
        const Listener listener(address("unix:" + path));
        struct stat info {};
        REQUIRE(stat(path.c_str(), &info) == 0);
        CHECK(S_ISSOCK(info.st_mode));
        CHECK((info.st_mode & 07777) == 0660);
        CHECK(listener.is_path());
        CHECK_THROWS_WITH(Listener(address("unix:" + path)), Contains("another process listens there"));
        CHECK(std::filesystem::exists(path)); // of the first
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("listener: what a dead process left is taken away, anything else is not") {
    TempFolder folder;
    const std::string path = folder / "status.sock";
    leave_socket(path);
    CHECK(Listener(address("unix:" + path)).is_path());
    std::ofstream(path) << "mine";
    CHECK_THROWS_WITH(Listener(address("unix:" + path)), Contains("is no socket; it was left alone"));
    CHECK(std::filesystem::file_size(path) == 4);
    CHECK_THROWS_AS(Listener(address("unix:" + (folder / "none") + "/status.sock")), ListenError);
}

TEST_CASE("listener: a socket of another type is somebody's, and stays") {
    TempFolder folder;
    const std::string path = folder / "notify";
    const int fd = bound_socket(path, SOCK_DGRAM);
    CHECK_THROWS_WITH(Listener(address("unix:" + path)), Contains("another process listens there"));
    CHECK(std::filesystem::exists(path));
    close(fd);
    CHECK(Listener(address("unix:" + path)).is_path()); // whose it was is dead
}

TEST_CASE("listener: another's socket at the path stays when ours ends") {
    TempFolder folder;
    const std::string path = folder / "status.sock";
    {
        const Listener listener(address("unix:" + path));
        std::filesystem::remove(path);
        leave_socket(path);
    }
    CHECK(std::filesystem::exists(path));
}

TEST_CASE("listener: a socket that was passed stays the one who passed it's") {
    const Listener passed(address("127.0.0.1:0"));
    {
        const Listener listener(address("systemd"), passed.fd());
        CHECK(listener.address() == passed.address());
        CHECK(listener.local());
    }
    CHECK(fcntl(passed.fd(), F_GETFD) >= 0);
}
