// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/git_asker.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <memory>
#include <stdexcept>

using namespace apikeyd;

TEST_CASE("git asker: what a question leaves is there once it has ended") {
    git::Asker asker(std::chrono::hours(1));
    const auto answer = std::make_shared<int>(0);
    CHECK(asker.ask("a", [answer](const git::GivenUp& given_up) { *answer = given_up ? 1 : 2; }));
    CHECK(*answer == 2);
}

TEST_CASE("git asker: a question that throws has no answer, and may be asked again") {
    git::Asker asker(std::chrono::hours(1));
    CHECK_FALSE(asker.ask("a", [](const git::GivenUp&) { throw std::runtime_error("none"); }));
    CHECK_FALSE(asker.ask("a", [](const git::GivenUp&) { throw 1; }));
    CHECK(asker.ask("a", [](const git::GivenUp&) {}));
}

TEST_CASE("git asker: who doesn't answer in time is told so and never asked again, others are") {
    auto asker = std::make_unique<git::Asker>(std::chrono::milliseconds(1));
    const auto release = std::make_shared<std::promise<void>>();
    const auto given_up = std::make_shared<std::promise<bool>>();
    CHECK_FALSE(asker->ask("a", [release, given_up](const git::GivenUp& flag) {
        release->get_future().wait();
        given_up->set_value(flag);
    }));
    const auto asked_again = std::make_shared<std::atomic<bool>>(false);
    CHECK_FALSE(asker->ask("a", [asked_again](const git::GivenUp&) { *asked_again = true; }));
    CHECK_FALSE(*asked_again);
    const auto other = std::make_shared<std::promise<void>>();
    (void)asker->ask("b", [other](const git::GivenUp&) { other->set_value(); });
    other->get_future().wait();

    asker.reset(); // the one left behind doesn't need it
    release->set_value();
    CHECK(given_up->get_future().get());
}
