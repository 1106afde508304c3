// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/deadline_keeper.hpp"

#include <catch2/catch.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <thread>
#include <vector>

using namespace apikeyd;
using namespace std::chrono_literals;

namespace {

class SocketPair {
  public:
    SocketPair() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets_.data()) == 0); }
    ~SocketPair() {
        ::close(sockets_[0]);
        ::close(sockets_[1]);
    }
    SocketPair(const SocketPair&) = delete;
    SocketPair& operator=(const SocketPair&) = delete;

    int one() const { return sockets_[0]; }
    // Whether the connection is shut down within the time.
    bool ends_within(std::chrono::milliseconds time) const {
        pollfd poll{sockets_[1], POLLIN, 0};
        char byte = 0;
        return ::poll(&poll, 1, static_cast<int>(time.count())) == 1 && ::recv(sockets_[1], &byte, 1, 0) == 0;
    }

  private:
    std::array<int, 2> sockets_{};
};

MonoTime in(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + time;
}

} // namespace

TEST_CASE("deadlines: a socket is shut down when its time has come, and no other") {
    const SocketPair early;
    const SocketPair late;
    DeadlineKeeper keeper;
    const DeadlineScope late_scope(keeper, in(1h), second_descriptor(late.one()));
    const DeadlineScope early_scope(keeper, in(20ms),
                                    second_descriptor(early.one())); // sooner than what is waited for
    CHECK(early.ends_within(10s));
    CHECK(early_scope.expired());
    CHECK_FALSE(late.ends_within(0ms));
    CHECK_FALSE(late_scope.expired());
}

TEST_CASE("deadlines: a deadline in the past is kept at once") {
    const SocketPair pair;
    DeadlineKeeper keeper;
    const DeadlineScope scope(keeper, in(-1h), second_descriptor(pair.one()));
    CHECK(pair.ends_within(10s));
}

TEST_CASE("deadlines: what ended in time is left alone") {
    const SocketPair done;
    const SocketPair later;
    DeadlineKeeper keeper;
    { const DeadlineScope scope(keeper, in(50ms), second_descriptor(done.one())); }
    const DeadlineScope scope(keeper, in(100ms), second_descriptor(later.one()));
    CHECK(later.ends_within(10s)); // the keeper has long passed the other's deadline
    CHECK_FALSE(done.ends_within(0ms));
}

TEST_CASE("deadlines: the socket may be closed while its deadline passes") {
    DeadlineKeeper keeper;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&keeper] {
            for (int round = 0; round < 200; ++round) {
                std::array<int, 2> pair{};
                if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
                    return;
                }
                const DeadlineScope scope(keeper, in(std::chrono::milliseconds(round % 2)),
                                          second_descriptor(pair[0]));
                ::close(pair[0]);
                ::close(pair[1]);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    const SocketPair after;
    const DeadlineScope scope(keeper, in(0ms), second_descriptor(after.one()));
    CHECK(after.ends_within(10s));
}
