// SPDX-License-Identifier: Apache-2.0
// The page as the site serves it, from a state that is written meanwhile.
#include "daemon/status/page.hpp"

#include "state/state_store.hpp"
#include "tests/support/desired.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <utility>

using namespace apikeyd;
using namespace apikeyd::test;
using Catch::Matchers::Contains;

namespace {

struct World {
    TempFolder folder;
    std::string path = folder / "state.db";
    StateStore writer = StateStore::open(path);
    SnapshotBoard board;
    StatusReader reader{path};
    Site site{HostCheck::names({})};

    World() {
        add_page(site, board, reader);
        write(2, "two");
    }
    void write(unsigned n, const std::string& name) {
        StateBatch batch;
        batch.keys.push_back(seen(key_id(n), name, true));
        writer.commit(batch);
    }
    void publish(std::uint64_t number) {
        StatusSnapshot snapshot;
        snapshot.number = number;
        snapshot.verdict = "converging";
        snapshot.desired = std::make_shared<const DesiredState>(
            desired_state({{key_id(1), "one", true}, {key_id(2), "two", true}}));
        board.publish(std::make_shared<const StatusSnapshot>(std::move(snapshot)));
    }
    WebResponse get(const std::string& target) const { return site.answer({"GET", target, {"localhost"}}); }
};

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
