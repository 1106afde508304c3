// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/event_loop.hpp"

#include "config/descriptor.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>

using namespace apikeyd;

TEST_CASE("event loop: a signal is never lost where something else ends the loop in the same turn") {
    sigset_t before;
    REQUIRE(pthread_sigmask(SIG_BLOCK, nullptr, &before) == 0);
    block_signals();
    {
        const bool signal_first = GENERATE(true, false);                // in the order of adding
        const Descriptor event(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)); // readable from the start
        bool told = false;
        EventLoop loop;
        const auto take_signal = [&] { loop.on_signal(SIGTERM, [&] { told = true; }); };
        if (signal_first) {
            take_signal();
        }
        loop.on_readable(event.get(), [&] { loop.quit(); });
        if (!signal_first) {
            take_signal();
        }
        REQUIRE(pthread_kill(pthread_self(), SIGTERM) == 0);
        loop.run();
        CHECK(told);
    }
    REQUIRE(pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
}

TEST_CASE("event loop: a signal that ends the loop leaves another one for the next") {
    sigset_t before;
    REQUIRE(pthread_sigmask(SIG_BLOCK, nullptr, &before) == 0);
    block_signals();
    {
        bool told = false;
        const auto turn = [&told](bool first) {
            EventLoop loop;
            loop.on_signal(SIGHUP, [&] { loop.quit(); });
            loop.on_signal(SIGTERM, [&] {
                told = true;
                loop.quit();
            });
            if (first) {
                REQUIRE(raise(SIGHUP) == 0);
                REQUIRE(raise(SIGTERM) == 0);
            }
            loop.run();
        };
        turn(true);
        if (!told) {
            turn(false);
        }
        CHECK(told);
    }
    REQUIRE(pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
}
