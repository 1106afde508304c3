// SPDX-License-Identifier: Apache-2.0
#include "config/text_file.hpp"

#include "tests/config/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <thread>

using namespace apikeyd;
using namespace apikeyd::test;

TEST_CASE("text file: a regular file is read whole, through links too") {
    const TemporaryFolder folder;
    const std::string text("a\0b\r\n", 5);
    const std::string file = folder.write("f", text);
    std::filesystem::create_symlink(file, folder / "link");
    for (const std::string& path : {file, folder / "link"}) {
        const TextFile result = read_text_file(path, 5);
        CHECK(result.outcome == TextFile::Outcome::read);
        CHECK(result.text == text);
    }
    CHECK(read_text_file(folder.write("empty", ""), 5).outcome == TextFile::Outcome::read);
}

TEST_CASE("text file: one byte beyond the limit is refused, before it is read") {
    const TemporaryFolder folder;
    const std::string file = folder.write("f", "x");
    REQUIRE(::truncate(file.c_str(), 64LL * 1024 * 1024 + 1) == 0);
    const TextFile result = read_text_file(file, 64ULL * 1024 * 1024);
    CHECK(result.outcome == TextFile::Outcome::refused);
    CHECK(result.problem == "the file has 67108865 bytes; at most 64 MiB are read");
}

TEST_CASE("text file: a missing file is told from one that is refused") {
    const TemporaryFolder folder;
    const TextFile missing = read_text_file(folder / "none", 10);
    CHECK(missing.outcome == TextFile::Outcome::missing);
    CHECK(missing.problem == "can't open the file: No such file or directory");
    CHECK(read_text_file(folder.write("f", "") + "/below", 10).outcome == TextFile::Outcome::missing);
}

TEST_CASE("text file: what is no regular file is refused at once") {
    const TemporaryFolder folder;
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    const TextFile fifo = read_text_file(folder / "fifo", 10); // nobody writes: must not wait
    CHECK(fifo.outcome == TextFile::Outcome::refused);
    CHECK(fifo.problem == "this is a FIFO, not a regular file");
    CHECK(read_text_file(folder.path(), 10).problem == "this is a folder, not a regular file");
    CHECK(read_text_file("/dev/zero", 10).problem == "this is a device, not a regular file");

    const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, (folder / "socket").c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    CHECK(read_text_file(folder / "socket", 10).problem ==
          "this is a socket or a device, not a regular file");
    ::close(listener);
}

TEST_CASE("text file: a file of the kernel whose size says nothing is refused, not cut off") {
    // Its size is 0 and yet it has bytes: as a file that grows while it is read.
    const TextFile result = read_text_file("/proc/self/status", 1024);
    CHECK(result.outcome == TextFile::Outcome::refused);
    CHECK(result.problem == "the file changed while it was read");
}

TEST_CASE("text file: a stream is read to its end, however it comes, and no further than the limit") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    REQUIRE(::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0); // as a careless parent leaves it
    const std::string text(200'000, 'x');
    std::thread writer([&] {
        for (std::size_t sent = 0; sent < text.size();) {
            sent += static_cast<std::size_t>(::write(ends[1], text.data() + sent, text.size() - sent));
        }
        ::close(ends[1]);
    });
    const TextFile whole = read_text_stream(ends[0], text.size());
    writer.join();
    ::close(ends[0]);
    CHECK(whole.outcome == TextFile::Outcome::read);
    CHECK(whole.text == text);

    const TemporaryFolder folder;
    const int endless = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
    const TextFile refused = read_text_stream(endless, 1ULL << 20U);
    CHECK(refused.outcome == TextFile::Outcome::refused);
    CHECK(refused.problem == "more than 1 MiB; no more are read");
    ::close(endless);
    const int nothing = ::open(folder.write("empty", "").c_str(), O_RDONLY | O_CLOEXEC);
    CHECK(read_text_stream(nothing, 10).outcome == TextFile::Outcome::read);
    ::close(nothing);
    CHECK(read_text_stream(nothing, 10).problem == "can't read: Bad file descriptor");
}
