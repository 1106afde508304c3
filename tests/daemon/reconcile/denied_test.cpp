// SPDX-License-Identifier: Apache-2.0
// A denied token of which nothing shows any more whether it is taken again: there is nothing left to send.
#include "tests/support/reconcile_world.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;

namespace {

const auto id1 = key_id(1);
const auto id2 = key_id(2);

const Outcome unauthenticated = Denied{"HTTP 401 (UNAUTHENTICATED)"};

// Two keys as the file wants them, and a token that was denied for an edit that was taken back since.
struct DeniedWorld : ReconcileWorld {
    explicit DeniedWorld(ReconcilerOptions options = {})
        : ReconcileWorld(std::move(options)) {
        edit(wanted);
        apply_all();
        edit({{id1, "renamed", true}, {id2, "two", false}});
        answer(id1, unauthenticated, 401);
        edit(wanted);
        order.clear();
        events.clear();
        REQUIRE(sent.empty());
        REQUIRE(reconciler.denied());
        REQUIRE_FALSE(reconciler.active());
    }

    // What is sent when the next wake-up has come.
    KeyId await_look() {
        const auto at = reconciler.next_wakeup();
        REQUIRE(at);
        REQUIRE(*at > now.mono);
        CHECK(*at <= now.mono + 5min);
        advance(std::chrono::ceil<std::chrono::milliseconds>(*at - now.mono));
        REQUIRE(sent.size() == 1);
        CHECK(sent.begin()->second.empty()); // the id alone
        return sent.begin()->first;
    }

    std::vector<Wanted> wanted = {{id1, "one", true}, {id2, "two", false}};
};

} // namespace

TEST_CASE("denied: with nothing left to send, the trial is a look at one key, and a good answer ends it") {
    DeniedWorld world;
    CHECK(world.reconciler.next_wakeup() == world.now.mono + 5min);
    world.advance(5min - 1ms);
    CHECK(world.sent.empty());
    const auto before = world.store.history({}).size();
    world.apply(world.await_look());
    CHECK_FALSE(world.reconciler.denied());
    CHECK(world.sent.empty());
    CHECK_FALSE(world.reconciler.next_wakeup());
    CHECK(world.store.history({}).size() == before); // nothing new was seen
}

TEST_CASE("denied: a look that is denied, too, or not answered is followed by another after the same time") {
    DeniedWorld world;
    const auto outcome = GENERATE(as<Outcome>{}, unauthenticated, Unknown{"no answer"}, NotSent{"refused"},
                                  Retryable{"HTTP 503", {}});
    std::set<KeyId> looked_at;
    for (int trial = 0; trial < 4; ++trial) {
        const KeyId id = world.await_look();
        looked_at.insert(id);
        world.answer(id, outcome);
        CHECK(world.reconciler.denied());
        CHECK(world.sent.empty());
        CHECK(world.reconciler.next_wakeup() == world.now.mono + 5min);
        CHECK_FALSE(world.known(id).doubt.any());
    }
    CHECK(looked_at.size() == 2); // one bad key doesn't keep the token denied
    CHECK(world.told<AccessDenied>().size() == (std::holds_alternative<Denied>(outcome) ? 4 : 0));
}

TEST_CASE("denied: that the API refuses the key shows that it takes the token") {
    DeniedWorld world;
    world.answer(world.await_look(), Rejected{"HTTP 404 (NOT_FOUND)"}, 404);
    CHECK_FALSE(world.reconciler.denied());
    CHECK(world.sent.empty());
    CHECK_FALSE(world.reconciler.next_wakeup());
    CHECK(world.reconciler.key_counts()[KeyState::rejected] == 1); // and that the key is gone
}

TEST_CASE("denied: what the look shows is planned from") {
    DeniedWorld world;
    const KeyId id = world.await_look();
    world.remote[id].name = "theirs";
    world.apply(id);
    CHECK(world.told<KeyChangedElsewhere>().size() == 1);
    REQUIRE(world.sent.size() == 1);
    world.apply_all();
    CHECK(world.remote[id].name == (id == id1 ? "one" : "two"));
    CHECK_FALSE(world.reconciler.next_wakeup());
}

TEST_CASE("denied: an edit takes the look's place, and another token makes it needless") {
    DeniedWorld world;
    SECTION("an edit before it is due") {
        world.edit({{id1, "third", true}});
        world.advance(5min);
        CHECK(world.sent.at(id1) == Fields{"third", std::nullopt});
    }
    SECTION("an edit while no worker has begun with it") {
        world.await_look();
        world.edit({{id1, "third", true}});
        REQUIRE(world.sent.contains(id1));
        CHECK(world.sent.at(id1) == Fields{"third", std::nullopt});
    }
    SECTION("it is taken back for a file that wants nothing else either") {
        world.await_look();
        world.edit(world.wanted);
        CHECK(world.sent.empty());
        const auto at = world.reconciler.next_wakeup();
        REQUIRE(at);
        CHECK(*at <= world.now.mono + 1s);
        world.apply(world.await_look());
        CHECK_FALSE(world.reconciler.denied());
    }
    SECTION("a new token") {
        world.perform(world.reconciler.credentials_changed(world.now));
        CHECK_FALSE(world.reconciler.next_wakeup());
    }
}

TEST_CASE("denied: nothing is looked at while sending is suspended, after a stop, or by a pipeline") {
    SECTION("suspended") {
        DeniedWorld world;
        world.perform(world.reconciler.suspend(world.now));
        CHECK_FALSE(world.reconciler.next_wakeup());
        world.advance(10min);
        CHECK(world.sent.empty());
        world.perform(world.reconciler.resume(world.now));
        CHECK(world.reconciler.next_wakeup() <= world.now.mono);
        world.advance(0ms);
        CHECK(world.sent.size() == 1);
    }
    SECTION("stopped") {
        DeniedWorld world;
        world.perform(world.reconciler.stop(world.now));
        CHECK_FALSE(world.reconciler.next_wakeup());
        world.advance(10min);
        CHECK(world.sent.empty());
    }
    SECTION("a pipeline") {
        ReconcilerOptions options;
        options.max_attempts = 3;
        DeniedWorld world(options);
        CHECK_FALSE(world.reconciler.next_wakeup());
        world.advance(10min);
        CHECK(world.sent.empty());
    }
}

TEST_CASE("denied: a key that the API refuses is looked at only where there is no other") {
    DeniedWorld world;
    const bool alone = GENERATE(false, true);
    StateBatch batch;
    KnownKey gone = world.known(id1);
    gone.rejection = Rejection{{"gone", true}, "HTTP 404", world.now.wall};
    batch.keys.emplace_back(std::move(gone));
    world.store.commit(batch);
    world.edit(alone ? std::vector<Wanted>{{id1, "gone", true}}
                     : std::vector<Wanted>{{id1, "gone", true}, {id2, "two", false}});
    REQUIRE(world.reconciler.key_counts()[KeyState::rejected] == 1);
    for (int trial = 0; trial < 3; ++trial) {
        const KeyId id = world.await_look();
        CHECK(id == (alone ? id1 : id2));
        world.answer(id, unauthenticated, 401);
    }
    world.answer(world.await_look(), Rejected{"HTTP 404"}, 404);
    CHECK_FALSE(world.reconciler.denied());
}

TEST_CASE("denied: where the file manages no key that is said, until there is one") {
    DeniedWorld world;
    CHECK_FALSE(world.reconciler.no_key_to_try());
    world.edit({{key_id(3), {}, {}}}); // named, and nothing of it managed
    CHECK(world.reconciler.no_key_to_try());
    CHECK_FALSE(world.reconciler.next_wakeup());
    world.advance(10min);
    CHECK(world.sent.empty());
    CHECK(world.reconciler.denied());
    world.edit({{id1, "one", true}});
    CHECK_FALSE(world.reconciler.no_key_to_try());
    world.advance(1s); // the trial is long due
    world.apply_all();
    CHECK_FALSE(world.reconciler.denied());
    CHECK_FALSE(world.reconciler.no_key_to_try());
}

TEST_CASE("denied: keys whose disable is held are looked at, and stay held") {
    Safeguards safeguards;
    safeguards.max_disable = std::uint64_t{3};
    safeguards.own.id = key_id(9);
    ReconcileWorld world({}, safeguards);
    std::vector<Wanted> enabled, disabled;
    for (unsigned n = 1; n <= 5; ++n) {
        enabled.push_back({key_id(n), "k", true});
        disabled.push_back({key_id(n), "k", false});
    }
    world.edit(enabled);
    world.apply_all();
    world.edit({{id1, "renamed", true}, {id2, "k", true}});
    world.answer(id1, unauthenticated, 401);
    world.edit(disabled);
    REQUIRE(world.reconciler.key_counts()[KeyState::held] == 5);
    const auto digest = world.store.held_plan()->digest;
    world.advance(5min);
    REQUIRE(world.sent.size() == 1);
    CHECK(world.sent.begin()->second.empty());
    world.apply_all();
    CHECK_FALSE(world.reconciler.denied());
    CHECK(world.sent.empty());
    CHECK(world.reconciler.key_counts()[KeyState::held] == 5);
    CHECK(world.store.held_plan()->digest == digest);
}
