// SPDX-License-Identifier: Apache-2.0
// The page as the site serves it, from a state that is written meanwhile.
#include "daemon/status/page.hpp"

#include "tests/support/status_world.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <utility>

using namespace apikeyd;
using namespace apikeyd::test;
using Catch::Matchers::Contains;

namespace {

struct World : StatusWorld {
    World()
        : StatusWorld({2}, "two") {}

    void publish(std::uint64_t number) {
        StatusSnapshot snapshot;
        snapshot.verdict = "converging";
        snapshot.desired = std::make_shared<const DesiredState>(
            desired_state({{key_id(1), "one", true}, {key_id(2), "two", true}}));
        StatusWorld::publish(number, std::move(snapshot));
    }
};

// Whether it came about in time.
bool until(const std::function<bool()>& condition) {
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60}; !condition();) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

} // namespace

TEST_CASE("page: served with a policy that allows its own style, script and icon, and nothing else") {
    World world;
    const WebResponse page = world.get("/");
    CHECK(page.status == 200);
    CHECK(page.content_type == "text/html; charset=utf-8");
    const std::string& policy = page.headers.at("Content-Security-Policy");
    CHECK_THAT(policy,
               Contains("default-src 'none'") && Contains("script-src 'self'") && !Contains("unsafe"));
    for (const auto& [path, type] : {std::pair{"/page.css", "text/css; charset=utf-8"},
                                     {"/page.js", "text/javascript; charset=utf-8"},
                                     {"/icon.svg?verdict=held", "image/svg+xml"},
                                     {"/icon.svg", "image/svg+xml"}}) {
        CAPTURE(path);
        CHECK(world.get(path).status == 200);
        CHECK(world.get(path).content_type == type);
        CHECK_THAT(world.get(path).headers.at("Content-Security-Policy"), !Contains("'self'"));
    }
}

TEST_CASE("page: wanted and known side by side, as of the newest snapshot") {
    World world;
    CHECK_THAT(world.get("/").body, Contains("no desired file was good so far"));
    world.publish(1);
    CHECK_THAT(world.get("/").body, Contains("never answered") && Contains("1–2 of 2 keys"));
    world.write(1, "one");
    world.publish(2);
    CHECK_THAT(world.get("/").body, !Contains("never answered"));
    CHECK_THAT(world.get("/?q=two").body, Contains("1–1 of 1 key"));
}

TEST_CASE("page: its version is another one for each snapshot") {
    World world;
    world.publish(1);
    const std::string before = world.get("/page.version").body;
    CHECK_THAT(world.get("/").body, Contains("data-version=\"" + before.substr(0, before.size() - 1) + "\""));
    world.publish(2);
    CHECK(world.get("/page.version").body != before);
}

TEST_CASE("page: a query that can't be met is refused, and a state that can't be read is told") {
    World world;
    CHECK(world.get("/?page=0").status == 400);
    CHECK_THAT(world.get("/?state=x").body, Contains("one of managed"));
    StatusReader nowhere{world.folder / "missing.db"};
    Site site(HostCheck::anything());
    add_page(site, world.board, nowhere);
    const WebResponse page = site.answer({"GET", "/", {"localhost"}});
    CHECK(page.status == 200);
    CHECK_THAT(page.body, Contains("there is no state file"));
}

TEST_CASE("page: who comes while four wait for a look at all keys is asked to come again") {
    World world;
    world.publish(1);
    std::vector<std::future<WebResponse>> waiting; // outlives the turn that they wait for
    {
        const auto at_work = world.reader.tables().enter();
        REQUIRE(at_work);
        for (int i = 0; i < 3; ++i) {
            waiting.push_back(std::async(std::launch::async, [&] { return world.get("/"); }));
        }
        REQUIRE(until([&] { return world.reader.tables().taken() == 4; }));
        waiting.push_back(std::async(std::launch::async, [&] { return world.get("/?q=two"); }));
        REQUIRE(waiting.back().wait_for(std::chrono::seconds{60}) == std::future_status::ready);
        const WebResponse refused = waiting.back().get();
        waiting.pop_back();
        CHECK(refused.status == 503);
        CHECK(refused.headers.at("Retry-After") == "1");
        CHECK_THAT(refused.body, Contains("try again"));
        CHECK(world.get("/metrics").status == 200); // what is quick waits for nobody
        CHECK(world.get("/status.json").status == 200);
    }
    for (auto& one : waiting) {
        CHECK(one.get().status == 200);
    }
    CHECK(world.get("/?q=two").status == 200);
}
