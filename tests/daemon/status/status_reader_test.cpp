// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/status_reader.hpp"

#include "tests/support/status_world.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <catch2/catch.hpp>

#include <memory>
#include <utility>

using namespace apikeyd;
using namespace apikeyd::test;
using Catch::Matchers::Contains;

namespace {

struct World : StatusWorld {
    World()
        : StatusWorld({1, 2, 3, 4, 5}, "<script>") {}

    void publish(std::uint64_t number) {
        StatusSnapshot snapshot;
        snapshot.verdict = "in_sync";
        snapshot.sentence = "in sync, 5 keys";
        snapshot.since = at_second(7);
        StatusWorld::publish(number, std::move(snapshot));
    }
    Poco::JSON::Object::Ptr json(const std::string& target) const {
        const WebResponse response = get(target);
        REQUIRE(response.status == 200);
        CHECK(response.content_type == "application/json");
        return Poco::JSON::Parser().parse(response.body).extract<Poco::JSON::Object::Ptr>();
    }
};

} // namespace

TEST_CASE("status.json: page by page, each key comes once") {
    World world;
    std::vector<std::string> ids;
    std::string target = "/status.json?limit=2";
    for (int page = 0; page < 3; ++page) {
        const auto json = world.json(target);
        const auto keys = json->getArray("keys");
        for (std::size_t i = 0; i < keys->size(); ++i) {
            ids.push_back(keys->getObject(static_cast<unsigned>(i))->getValue<std::string>("id"));
        }
        CHECK(json->isNull("next_after") == (page == 2));
        if (page < 2) {
            target = "/status.json?limit=2&after=" + json->getValue<std::string>("next_after");
        }
    }
    REQUIRE(ids.size() == 5);
    for (unsigned n = 1; n <= 5; ++n) {
        CHECK(ids[n - 1] == key_id(n).to_string());
    }
    CHECK(world.json("/status.json?limit=5")->isNull("next_after")); // just as many as there are
    CHECK(world.json("/status.json?after=ffffffffffffffffffffffff")->getArray("keys")->size() == 0);
}

TEST_CASE("status.json: the verdict of the daemon with the facts of the state") {
    World world;
    world.publish(1);
    const auto json = world.json("/status.json");
    CHECK(json->getValue<std::string>("format_version") == "1.0");
    CHECK(json->getValue<std::string>("verdict") == "in_sync");
    CHECK(json->getValue<std::string>("sentence") == "in sync, 5 keys");
    CHECK(json->getValue<std::string>("since") == format_rfc3339(at_second(7)));
    CHECK(json->getObject("summary")->getValue<int>("known") == 5);
}

TEST_CASE("status.json: a query that can't be met is refused, with what there is") {
    World world;
    for (const auto& [query, why] : {std::pair{"?limit=0", "1 to 1000"},
                                     {"?limit=1001", "1 to 1000"},
                                     {"?limit=x", "1 to 1000"},
                                     {"?limit=-1", "1 to 1000"},
                                     {"?after=x", "24 hex digits"},
                                     {"?page=2", "after, limit"}}) {
        CAPTURE(query);
        const WebResponse response = world.get(std::string("/status.json") + query);
        CHECK(response.status == 400);
        CHECK_THAT(response.body, Contains(why));
    }
}

TEST_CASE("status.json: keys are counted anew for each snapshot, and long lists are cut off") {
    World world;
    world.publish(1);
    CHECK(world.json("/status.json")->getObject("summary")->getValue<int>("known") == 5);
    StateBatch batch;
    HeldPlan plan{"sha256:0123456789abcdef", "sha256:f", "too many", at_second(3), {}, {}, {}};
    for (unsigned n = 1; n <= 150; ++n) {
        plan.ids.push_back(key_id(n));
        batch.keys.push_back(seen(key_id(n), "a", true));
    }
    batch.held.emplace(plan);
    world.writer.commit(batch);
    world.publish(2);
    const auto json = world.json("/status.json?limit=1");
    CHECK(json->getObject("summary")->getValue<int>("known") == 150);
    CHECK(json->getObject("summary")->getValue<int>("held") == 150);
    CHECK(json->getObject("held_plan")->getValue<int>("count") == 150);
    CHECK(json->getObject("held_plan")->getArray("ids")->size() == 100);
    CHECK(json->getArray("keys")->getObject(0)->getValue<bool>("held"));
}

TEST_CASE("status.json: what the file schedules is told") {
    World world;
    StatusSnapshot snapshot;
    EnabledTimes times;
    times.until = at_second(500);
    snapshot.desired = std::make_shared<const DesiredState>(
        desired_state({{key_id(1), std::nullopt, std::nullopt, times}}, at_second(1)));
    world.StatusWorld::publish(1, std::move(snapshot));
    const auto upcoming = world.json("/status.json")->getArray("upcoming");
    REQUIRE(upcoming->size() == 1);
    CHECK(upcoming->getObject(0)->getValue<std::string>("action") == "disable");
    CHECK(upcoming->getObject(0)->getValue<std::string>("name") == "<script>");
}

TEST_CASE("status.json: no read stays open, so the writer can begin its log anew") {
    World world;
    world.publish(1);
    (void)world.json("/status.json");
    world.write(9, "b");
    world.publish(2);
    CHECK(world.json("/status.json")->getObject("summary")->getValue<int>("known") == 6);
    CHECK_NOTHROW(world.writer.reopen());
}

TEST_CASE("status.json: a state that can't be read is told") {
    LoopPulse pulse;
    SnapshotBoard board;
    StatusReader reader("/nonexistent/state.db");
    Site site(HostCheck::names({}));
    add_endpoints(site, board, pulse, reader);
    const WebResponse response = site.answer({"GET", "/status.json", {"localhost"}});
    CHECK(response.status == 503);
    CHECK_THAT(response.body, Contains("the state can't be read"));
}
