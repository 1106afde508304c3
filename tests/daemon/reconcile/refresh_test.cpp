// SPDX-License-Identifier: Apache-2.0
#include "tests/support/reconcile_world.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;

namespace {

// Three keys that were answered as the file wants them.
struct SettledWorld : ReconcileWorld {
    explicit SettledWorld(ReconcilerOptions options = {})
        : ReconcileWorld(std::move(options)) {
        edit(wanted);
        apply_all();
        events.clear();
        order.clear();
    }
    std::vector<Wanted> wanted = {
        {key_id(1), "one", true}, {key_id(2), "two", true}, {key_id(3), "three", false}};
};

bool all_are_looks(const std::map<KeyId, Fields>& sent) {
    return std::ranges::all_of(sent, [](const auto& one) { return one.second.empty(); });
}

} // namespace

TEST_CASE("refresh: each managed key is looked at, and nothing else is sent before the plan") {
    SettledWorld world;
    world.edit_and_look({{key_id(1), "renamed", true}, {key_id(2), "two", true}, {key_id(4), {}, {}}});
    REQUIRE(world.sent.size() == 2); // key 4 has nothing that is managed
    CHECK(all_are_looks(world.sent));
    CHECK(world.told<PlanMade>().empty());
    world.apply(key_id(2));
    CHECK(all_are_looks(world.sent));
    world.apply(key_id(1));
    REQUIRE(world.told<PlanMade>().size() == 1);
    REQUIRE(world.sent.size() == 1);
    CHECK(world.sent.at(key_id(1)) == Fields{"renamed", std::nullopt});
}

TEST_CASE("refresh: what somebody else changed is told, recorded and mended") {
    SettledWorld world;
    world.remote[key_id(2)].name = "theirs";
    world.now.wall += 1h;
    world.edit_and_look(world.wanted);
    world.apply(key_id(1));
    world.apply(key_id(2));
    world.apply(key_id(3));
    const auto told = world.told<KeyChangedElsewhere>();
    REQUIRE(told.size() == 1);
    CHECK(told[0].id == key_id(2));
    CHECK(told[0].before == Fields{"two", std::nullopt});
    CHECK(told[0].after == Fields{"theirs", std::nullopt});
    CHECK(world.known(key_id(1)).observed->observed_at == world.now.wall);
    const auto history = world.store.history({key_id(2), {}, 50});
    CHECK(history.back().reason == "probe");
    CHECK(history.back().outcome == "observed");
    CHECK(history.back().before_name == "two");
    CHECK(history.back().after_name == "theirs");
    // Nothing new: no history of the others, only a newer answer.
    CHECK(world.store.history({key_id(1), {}, 50}).back().reason != "probe");
    CHECK(world.sent.at(key_id(2)) == Fields{"two", std::nullopt});
}

TEST_CASE("refresh: a look settles a doubt, and what it shows is planned from") {
    SettledWorld world;
    world.edit({{key_id(1), "renamed", true}});
    world.answer(key_id(1), Unknown{"no answer"});
    REQUIRE(world.known(key_id(1)).doubt.any());
    world.remote[key_id(1)].name = "renamed"; // it was applied
    world.edit_and_look({{key_id(1), "renamed", true}});
    REQUIRE(world.sent.at(key_id(1)).empty());
    world.apply(key_id(1));
    CHECK_FALSE(world.known(key_id(1)).doubt.any());
    CHECK(world.sent.empty());
    CHECK(world.told<KeyChangedElsewhere>().empty()); // it was us
    CHECK_FALSE(world.store.history({key_id(1), {}, 50}).back().before_name);
}

TEST_CASE("refresh: one key that can't be looked at holds up no other, and the plan comes all the same") {
    SettledWorld world;
    world.edit_and_look({{key_id(1), "renamed", true}, {key_id(2), "two", true}});
    world.apply(key_id(1));
    for (int tries = 0; world.told<PlanMade>().empty(); ++tries) {
        REQUIRE(tries < 10);
        world.answer(key_id(2), Retryable{"HTTP 503", std::nullopt}, 503);
        world.advance(10min);
    }
    CHECK(world.told<KeyProbeFailed>().size() == 1);
    CHECK(world.told<RefreshFinished>()[0].result.failed == 1);
    CHECK(world.known(key_id(2)).observed->name == "two");
    CHECK(world.sent.contains(key_id(1)));
}

TEST_CASE("refresh: a refused look leaves the key to the plan, and rejects nothing") {
    SettledWorld world;
    world.edit_and_look({{key_id(9), "nine", true}});
    world.answer(key_id(9), Rejected{"NOT_FOUND"}, 500);
    CHECK(world.told<KeyProbeFailed>().size() == 1);
    CHECK_FALSE(world.store.find(key_id(9))->rejection);
    CHECK(world.sent.at(key_id(9)) == Fields{"nine", true});
}

TEST_CASE("refresh: a refused look at a key of which nothing else is wanted is a rejection, told once") {
    SettledWorld world;
    world.edit_and_look(world.wanted);
    world.answer(key_id(1), Rejected{"HTTP 404 (NOT_FOUND)"}, 404);
    world.apply_all();
    CHECK(world.sent.empty());
    REQUIRE(world.known(key_id(1)).rejection);
    CHECK(world.known(key_id(1)).rejection->why == "HTTP 404 (NOT_FOUND)");
    CHECK(world.known(key_id(1)).observed->name == "one");
    CHECK(world.reconciler.key_counts()[KeyState::rejected] == 1);
    CHECK(world.told<KeyRejected>().size() == 1);
    CHECK(world.told<ReconcileFinished>().back().result == Result::incomplete);
    const auto rejection = world.known(key_id(1)).rejection;

    world.advance(1h);
    world.edit_and_look(world.wanted);
    world.answer(key_id(1), Rejected{"HTTP 404 (NOT_FOUND)"}, 404);
    world.apply_all();
    CHECK(world.known(key_id(1)).rejection == rejection);
    CHECK(world.told<KeyRejected>().size() == 1);

    // It is back: as it was, or as somebody else wants it.
    world.remote[key_id(1)].name = GENERATE("one", "theirs");
    world.edit_and_look(world.wanted);
    world.apply_all();
    CHECK_FALSE(world.known(key_id(1)).rejection);
    CHECK(world.remote[key_id(1)].name == "one");
    CHECK(world.reconciler.key_counts()[KeyState::in_sync] == 3);
    CHECK(world.told<ReconcileFinished>().back().result == Result::converged);
}

TEST_CASE("refresh: a look that shows what was refused ends the rejection") {
    SettledWorld world;
    world.edit({{key_id(1), "taken", true}});
    world.answer(key_id(1), Rejected{"HTTP 400 (BAD_USER_INPUT)"}, 400);
    world.remote[key_id(1)].name = "taken"; // by hand
    world.edit_and_look({{key_id(1), "taken", true}});
    world.apply_all();
    CHECK_FALSE(world.known(key_id(1)).rejection);
    CHECK(world.told<ReconcileFinished>().back().result == Result::converged);
}

TEST_CASE("refresh: a look leaves a rejection as it is") {
    SettledWorld world;
    world.edit({{key_id(1), "trimmed ", true}});
    ApiKey stored = world.as_told(key_id(1));
    stored.name = world.remote[key_id(1)].name = "trimmed";
    world.answer(key_id(1), Applied{stored}, 200);
    REQUIRE(world.known(key_id(1)).rejection);
    world.edit_and_look({{key_id(1), "trimmed ", true}});
    world.apply(key_id(1));
    CHECK(world.known(key_id(1)).rejection);
    CHECK(world.sent.empty());
}

TEST_CASE("refresh: of an unproven server one key is looked at first") {
    SettledWorld world;
    world.edit_and_look(world.wanted, false);
    REQUIRE(world.sent.size() == 1);
    world.apply(world.sent.begin()->first);
    CHECK(world.sent.size() == 2);
    world.apply_all();
    CHECK(world.store.probes_proven() == "https://api.example");
    CHECK(world.told<RefreshFinished>()[0].result.looked_at == 3);
}

TEST_CASE("refresh: a canary with another field than updatedAt ends the looking") {
    SettledWorld world;
    world.edit_and_look(world.wanted, false);
    REQUIRE(world.sent.size() == 1);
    const KeyId canary = world.sent.begin()->first;
    ApiKey moved = world.as_told(canary);
    SECTION("the state") {
        moved.enabled = !moved.enabled;
    }
    SECTION("the name") {
        moved.name += "?";
    }
    SECTION("the date of creation") {
        moved.created_at = "2030-01-01T00:00:00Z";
    }
    SECTION("the secret") {
        moved.secret.fill(9);
    }
    world.answer(canary, Applied{moved}, 200);
    const auto finished = world.told<RefreshFinished>();
    REQUIRE(finished.size() == 1);
    CHECK(finished[0].result.stopped.find(canary.to_string()) != std::string::npos);
    CHECK(finished[0].result.looked_at == 1);
    CHECK_FALSE(world.store.probes_proven());
    CHECK(world.known(canary).observed->created_at == moved.created_at); // recorded as it is
    CHECK(world.told<PlanMade>().size() == 1);
}

TEST_CASE("refresh: updatedAt alone may move") {
    SettledWorld world;
    world.edit_and_look(world.wanted, false);
    const KeyId canary = world.sent.begin()->first;
    ApiKey answer = world.as_told(canary);
    answer.updated_at = "2031-01-01T00:00:00Z";
    world.answer(canary, Applied{answer}, 200);
    CHECK(world.sent.size() == 2);
}

TEST_CASE("refresh: a canary without an earlier answer is looked at twice") {
    ReconcileWorld world;
    world.edit_and_look({{key_id(1), "one", true}, {key_id(2), "two", true}}, false);
    REQUIRE(world.sent.size() == 1);
    const KeyId canary = world.sent.begin()->first;
    world.apply(canary);
    REQUIRE(world.sent.size() == 1);
    REQUIRE(world.sent.begin()->first == canary);
    SECTION("and the same comes back") {
        world.apply(canary);
        CHECK(world.sent.contains(key_id(2)));
        CHECK(world.told<RefreshFinished>().empty());
    }
    SECTION("and something else comes back") {
        world.remote[canary].enabled = !world.remote[canary].enabled;
        world.apply(canary);
        CHECK_FALSE(world.told<RefreshFinished>().at(0).result.stopped.empty());
    }
}

TEST_CASE("refresh: only an enabled key can prove a server, and the freshest of them is the canary") {
    SettledWorld world;
    world.now.wall += 1h;
    world.edit_and_look({{key_id(3), "three", false}}); // the freshest answer is of a disabled key
    world.apply_all();
    world.edit_and_look(world.wanted, false);
    REQUIRE(world.sent.size() == 1);
    CHECK(world.sent.begin()->first != key_id(3));
}

TEST_CASE("refresh: a server that takes what is left out for false disables three keys at most") {
    std::vector<Wanted> wanted;
    for (unsigned n = 1; n <= 8; ++n) {
        wanted.push_back({key_id(n), "name", true});
    }
    ReconcileWorld world;
    world.edit_and_look(wanted, false);
    std::set<KeyId> looked_at;
    while (!world.sent.empty() && world.sent.begin()->second.empty()) {
        const KeyId id = world.sent.begin()->first;
        looked_at.insert(id);
        world.remote[id].enabled = false; // what the look did
        world.apply(id);
    }
    CHECK(looked_at.size() == 3);
    CHECK_FALSE(world.told<RefreshFinished>().at(0).result.stopped.empty());
    CHECK_FALSE(world.store.probes_proven());
}

TEST_CASE("refresh: where all keys are disabled, and few, that nothing is proven is no matter") {
    ReconcileWorld world;
    world.edit_and_look({{key_id(1), "one", false}, {key_id(2), "two", false}}, false);
    while (world.told<RefreshFinished>().empty()) {
        REQUIRE_FALSE(world.sent.empty());
        world.remote[world.sent.begin()->first].enabled = false;
        world.apply(world.sent.begin()->first);
    }
    CHECK(world.told<RefreshFinished>()[0].result.stopped.empty());
    CHECK_FALSE(world.store.probes_proven());
}

TEST_CASE("refresh: the plan waits a moment for a key that fails, and no longer") {
    SettledWorld world;
    world.edit_and_look({{key_id(1), "renamed", true}, {key_id(2), "two", true}});
    world.answer(key_id(2), Retryable{"HTTP 503", std::chrono::milliseconds{1h}}, 503);
    world.apply(key_id(1));
    CHECK(world.told<PlanMade>().empty());
    REQUIRE(world.reconciler.next_wakeup() == world.now.mono + 5s);
    world.advance(5s);
    CHECK(world.told<PlanMade>().size() == 1);
    CHECK(world.told<KeyProbeFailed>().at(0).id == key_id(2));
    CHECK(world.sent.contains(key_id(1)));
}

TEST_CASE("refresh: what was answered before the next version of the file is not looked at again") {
    SettledWorld world;
    world.edit_and_look(world.wanted);
    world.apply(key_id(1));
    world.edit_and_look({{key_id(1), "renamed", true}, {key_id(2), "two", true}});
    CHECK(world.sent.size() == 1);
    world.apply(key_id(2));
    CHECK(world.told<PlanMade>().size() == 1);
}

TEST_CASE("refresh: that looks are harmless is known before all of them are answered") {
    SettledWorld world;
    world.edit_and_look(world.wanted, false);
    world.apply(world.sent.begin()->first);
    CHECK(world.store.probes_proven() == "https://api.example");
}

TEST_CASE("refresh: a canary that does not exist passes the part on") {
    ReconcileWorld world;
    world.edit_and_look({{key_id(1), "one", true}, {key_id(2), "two", true}}, false);
    const KeyId canary = world.sent.begin()->first;
    world.answer(canary, Rejected{"NOT_FOUND"}, 500);
    REQUIRE(world.sent.size() == 1);
    CHECK(world.sent.begin()->first != canary);
    CHECK(world.sent.begin()->second.empty());
}

TEST_CASE("refresh: a server that answers nothing at all stops the looking") {
    std::vector<Wanted> wanted;
    for (unsigned n = 1; n <= 12; ++n) {
        wanted.push_back({key_id(n), "name", true});
    }
    ReconcileWorld world;
    world.edit_and_look(wanted);
    for (unsigned n = 1; n <= 12; ++n) {
        if (world.sent.contains(key_id(n))) {
            world.start(key_id(n));
        }
    }
    while (!world.sent.empty() && world.told<PlanMade>().empty()) {
        world.answer(world.sent.begin()->first, Unknown{"no answer"});
    }
    REQUIRE(world.told<RefreshFinished>().size() == 1);
    CHECK(world.told<RefreshFinished>()[0].result.stopped.find("does not answer") != std::string::npos);
    CHECK(world.told<PlanMade>().size() == 1);
}

TEST_CASE("refresh: the next version of the file begins the looking anew") {
    SettledWorld world;
    world.edit_and_look(world.wanted);
    world.start(key_id(1)); // with a worker: it can't be taken back
    world.edit_and_look({{key_id(1), "one", true}, {key_id(2), "other", true}});
    CHECK(world.sent.size() == 2);
    CHECK_FALSE(world.sent.contains(key_id(3)));
    world.apply(key_id(1));
    CHECK(world.told<PlanMade>().empty());
    world.apply(key_id(2));
    CHECK(world.told<PlanMade>().size() == 1);
    CHECK(world.sent.at(key_id(2)) == Fields{"other", std::nullopt});
}

TEST_CASE("refresh: a pipeline ends the looking where access is denied") {
    ReconcilerOptions options;
    options.max_attempts = 3;
    ReconcileWorld world(options);
    world.edit_and_look({{key_id(1), "one", true}});
    world.answer(key_id(1), Denied{"HTTP 401"}, 401);
    REQUIRE(world.told<RefreshFinished>().size() == 1);
    CHECK(world.told<RefreshFinished>()[0].result.stopped == "the API denies access");
}

TEST_CASE("record: the history names the commit that asked for a change, also when the file has moved on") {
    ReconcileWorld world;
    world.commit = "aa";
    world.edit({{key_id(1), "one", true}});
    world.start(key_id(1));
    world.commit = "bb+";
    world.edit({{key_id(1), "two", true}});
    world.apply(key_id(1)); // asked for by the first
    world.apply(key_id(1));
    const auto history = world.store.history({});
    REQUIRE(history.size() == 2);
    CHECK(history[0].commit == "aa");
    CHECK(history[1].commit == "bb+");
}

TEST_CASE("suspend: nothing is sent, planning goes on, and what is under way is recorded") {
    ReconcileWorld world;
    world.edit({{key_id(1), "one", true}});
    world.start(key_id(1));
    world.perform(world.reconciler.suspend(world.now));
    world.edit({{key_id(1), "one", true}, {key_id(2), "two", true}});
    CHECK(world.told<PlanMade>().size() == 2);
    CHECK_FALSE(world.sent.contains(key_id(2)));
    world.apply(key_id(1));
    CHECK(world.known(key_id(1)).observed->name == "one");
    world.advance(24h);
    CHECK(world.sent.empty());
    CHECK_FALSE(world.reconciler.next_wakeup());
    CHECK(world.reconciler.active());
    world.perform(world.reconciler.resume(world.now));
    CHECK(world.sent.contains(key_id(2)));
    world.apply_all();
    CHECK_FALSE(world.reconciler.active());
}

TEST_CASE("suspend: what no worker has begun is taken back, and is in no doubt") {
    ReconcileWorld world;
    world.edit({{key_id(1), "one", true}});
    world.perform(world.reconciler.suspend(world.now));
    CHECK(world.sent.empty());
    CHECK_FALSE(world.known(key_id(1)).doubt.any());
    world.perform(world.reconciler.resume(world.now));
    CHECK(world.sent.contains(key_id(1)));
}

TEST_CASE("suspend: ends the looking, so that a plan can be reported") {
    SettledWorld world;
    world.edit_and_look(world.wanted);
    world.start(key_id(1));
    world.perform(world.reconciler.suspend(world.now));
    world.apply(key_id(1)); // was with a worker already
    CHECK(world.told<RefreshFinished>().size() == 1);
    CHECK(world.told<PlanMade>().size() == 1);
    CHECK(world.sent.empty());
}
