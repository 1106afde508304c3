// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/reconciler.hpp"

#include "tests/support/reconcile_world.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;

namespace {

const auto id1 = key_id(1);
const auto id2 = key_id(2);

ReconcilerOptions window_of(std::size_t window) {
    ReconcilerOptions options;
    options.window = window;
    return options;
}

ReconcilerOptions giving_up_after(unsigned attempts) {
    ReconcilerOptions options;
    options.max_attempts = attempts;
    return options;
}

std::vector<Wanted> many(unsigned count, std::optional<bool> enabled = true) {
    std::vector<Wanted> wanted;
    for (unsigned n = 1; n <= count; ++n) {
        wanted.push_back({key_id(n), "k", enabled});
    }
    return wanted;
}

} // namespace

TEST_CASE("reconciler: a new key is marked, sent, recorded and converged") {
    ReconcileWorld world;
    world.edit({{id1, "a", true}});
    REQUIRE(world.sent.size() == 1);
    CHECK(world.sent[id1] == Fields{"a", true});
    CHECK(world.known(id1).doubt == Doubt{true, true, world.now.wall});
    CHECK(world.reconciler.active());

    world.apply(id1);
    CHECK_FALSE(world.known(id1).doubt.any());
    CHECK(world.known(id1).observed->name == "a");
    CHECK_FALSE(world.reconciler.active());
    CHECK_FALSE(world.reconciler.next_wakeup());
    const auto updated = world.told<KeyUpdated>();
    REQUIRE(updated.size() == 1);
    CHECK(updated[0].reason == Reason::first_seen);
    CHECK(updated[0].context.attempt == 1);
    CHECK(updated[0].context.source == "keys.yaml:3");
    const auto finished = world.told<ReconcileFinished>();
    REQUIRE(finished.size() == 1);
    CHECK(finished[0].result == Result::converged);
    CHECK(finished[0].applied == 1);
    CHECK(world.store.last_reconciliation()->result == "converged");
    CHECK(world.store.history({}).at(0).outcome == "applied");
}

TEST_CASE("reconciler: a file that is in sync is finished at once and sends nothing") {
    ReconcileWorld world;
    world.edit({{id1, "a", true}});
    world.apply_all();
    world.edit({{id1, "a", true}});
    CHECK(world.sent.empty());
    CHECK(world.told<ReconcileFinished>().size() == 2);
}

TEST_CASE("reconciler: no more than the window is handed out, and it is filled again") {
    ReconcileWorld world(window_of(3));
    world.edit(many(10));
    CHECK(world.sent.size() == 3);
    world.apply(id1);
    CHECK(world.sent.size() == 3);
    world.apply_all();
    CHECK(world.order.size() == 10);
    CHECK(world.told<ReconcileFinished>().back().applied == 10);
}

TEST_CASE("reconciler: one bad key holds up no other") {
    ReconcileWorld world(window_of(1));
    world.edit(many(3));
    world.answer(id1, Retryable{"HTTP 500", {}}, 500);
    world.apply(id2);
    world.apply(key_id(3));
    CHECK(world.sent.empty());
    REQUIRE(world.reconciler.next_wakeup());
    world.advance(1h);
    CHECK(world.sent.contains(id1));
    CHECK(world.told<KeyRetry>().at(0).in_doubt);
}

TEST_CASE("reconciler: retries of a key back off, and end when it is answered") {
    ReconcileWorld world;
    world.edit({{id1, "a", true}});
    std::vector<std::chrono::milliseconds> delays;
    for (int i = 0; i < 12; ++i) {
        world.answer(id1, NotSent{"refused"});
        delays.push_back(world.told<KeyRetry>().back().delay);
        REQUIRE(world.sent.empty());
        REQUIRE(world.reconciler.next_wakeup() == world.now.mono + delays.back());
        world.advance(delays.back());
        REQUIRE(world.sent.size() == 1);
    }
    CHECK(delays[0] == 50ms);
    CHECK(delays[1] == 100ms);
    CHECK(delays.back() == 30s);
    CHECK(std::ranges::is_sorted(delays));
    world.apply(id1);
    CHECK(world.told<KeyUpdated>().at(0).context.attempt == 13);
    CHECK_FALSE(world.reconciler.active());
}

TEST_CASE("reconciler: what was surely not sent is not in doubt; what may have been is") {
    ReconcileWorld world;
    world.edit({{id1, "a", true}, {id2, "b", true}});
    world.answer(id1, NotSent{"refused"});
    world.answer(id2, Unknown{"no answer"});
    CHECK_FALSE(world.known(id1).doubt.any());
    CHECK(world.known(id2).doubt.any());
}

TEST_CASE("reconciler: sent, no answer, reverted: the old value is asserted") {
    ReconcileWorld world;
    world.edit({{id1, "a", true}});
    world.apply(id1);
    world.edit({{id1, "a", false}});
    world.answer(id1, Unknown{"no answer"});
    world.edit({{id1, "a", true}});
    REQUIRE(world.sent.contains(id1));
    CHECK(world.sent[id1] == Fields{std::nullopt, true});
    world.apply(id1);
    CHECK(world.told<KeyUpdated>().back().reason == Reason::in_doubt);
    CHECK_FALSE(world.known(id1).doubt.any());
}

TEST_CASE("reconciler: a rejected value is final until the file asks for another") {
    ReconcileWorld world;
    world.edit({{id1, "bad", true}});
    world.answer(id1, Rejected{"HTTP 500 (BAD_USER_INPUT): no"}, 500);
    CHECK_FALSE(world.reconciler.active());
    CHECK(world.told<ReconcileFinished>().back().result == Result::incomplete);
    CHECK(world.told<KeyRejected>().at(0).why == "HTTP 500 (BAD_USER_INPUT): no");
    world.advance(24h);
    world.edit({{id1, "bad", true}});
    CHECK(world.sent.empty());
    CHECK(world.told<ReconcileFinished>().back().result == Result::incomplete);
    world.edit({{id1, "good", true}});
    CHECK(world.sent.contains(id1));
}

TEST_CASE("reconciler: an answer other than asked is recorded and not asked again") {
    ReconcileWorld world;
    world.edit({{id1, " a ", true}});
    ApiKey answer = world.as_told(id1);
    answer.name = "a";
    world.answer(id1, Applied{answer}, 200);
    CHECK(world.sent.empty());
    CHECK_FALSE(world.reconciler.next_wakeup());
    CHECK(world.known(id1).observed->name == "a");
    CHECK(world.told<KeyUpdated>().size() == 1);
    CHECK(world.told<KeyRejected>().size() == 1);
    CHECK(world.told<ReconcileFinished>().back().result == Result::incomplete);
    CHECK(world.store.history({}).at(0).outcome == "rejected");
}

TEST_CASE("reconciler: a managed field that somebody else changed is put right, not at once and not for ever "
          "at once") {
    ReconcileWorld world;
    world.edit({{id1, "a", true}});
    world.apply(id1);
    world.edit({{id1, "a", false}});
    ApiKey answer = world.as_told(id1);
    answer.name = "theirs";
    world.answer(id1, Applied{answer}, 200);
    CHECK(world.sent.empty());
    world.advance(1h);
    CHECK(world.sent[id1] == Fields{"a", std::nullopt});
}

TEST_CASE("reconciler: an edit supersedes what waits; what was not started is taken back unsent") {
    ReconcileWorld world(window_of(2));
    world.edit(many(4));
    world.start(id1);
    world.edit({{id2, "other", true}});
    CHECK(world.sent.size() == 2); // the first, under way, and the second with its new name
    CHECK(world.sent[id2] == Fields{"other", true});
    CHECK_FALSE(world.store.find(key_id(3)));
    CHECK(world.told<ReconcileFinished>().at(0).result == Result::superseded);
    world.apply_all();
    CHECK(world.order == std::vector{id1, id2, id2});
    CHECK_FALSE(world.reconciler.active());
}

TEST_CASE("reconciler: an edit during a request is acted on as soon as that is answered") {
    ReconcileWorld world;
    world.edit({{id1, "a", true}});
    world.start(id1);
    world.edit({{id1, "b", true}});
    CHECK(world.order.size() == 1); // at most one request a key
    const bool answered = GENERATE(true, false);
    if (answered) {
        world.apply(id1);
    } else {
        world.answer(id1, Unknown{"no answer"});
    }
    REQUIRE(world.sent.contains(id1));
    CHECK(world.sent[id1].name == "b");
    world.apply(id1);
    CHECK(world.known(id1).observed->name == "b");
    CHECK(world.told<ReconcileFinished>().back().result == Result::converged);
}

TEST_CASE("reconciler: a request that was rejected while the file changed does not stop the new value") {
    ReconcileWorld world;
    world.edit({{id1, "bad", true}});
    world.start(id1);
    world.edit({{id1, "good", true}});
    world.answer(id1, Rejected{"no"}, 500);
    REQUIRE(world.sent.contains(id1));
    CHECK(world.sent[id1].name == "good");
}

TEST_CASE("reconciler: an edit during a long backoff takes effect at once") {
    ReconcileWorld world;
    world.edit({{id1, "a", true}});
    for (int i = 0; i < 12; ++i) {
        world.answer(id1, NotSent{"refused"});
        world.advance(5min);
    }
    world.answer(id1, NotSent{"refused"});
    REQUIRE(world.sent.empty());
    world.edit({{id1, "b", true}});
    CHECK(world.sent[id1].name == "b");
}

TEST_CASE("reconciler: 429 pauses everything for as long as the server says") {
    ReconcileWorld world(window_of(2));
    world.edit(many(5));
    world.start(id1);
    world.answer(id1, Throttled{"HTTP 429", 30s}, 429);
    CHECK(world.sent.empty()); // the second was taken back
    CHECK_FALSE(world.store.find(id2)->doubt.any());
    world.advance(29'999ms);
    CHECK(world.sent.empty());
    CHECK(world.reconciler.next_wakeup() == world.now.mono + 1ms);
    world.advance(1ms);
    CHECK(world.sent.size() == 2);
    world.apply_all();
    CHECK_FALSE(world.reconciler.active());
}

TEST_CASE("reconciler: 429 without a time backs off for all together") {
    ReconcileWorld world;
    world.edit({{id1, "a", true}});
    std::vector<MonoTime::duration> pauses;
    for (int i = 0; i < 5; ++i) {
        world.answer(id1, Throttled{"HTTP 429", std::nullopt}, 429);
        pauses.push_back(world.reconciler.next_wakeup().value() - world.now.mono);
        world.advance(std::chrono::duration_cast<std::chrono::milliseconds>(pauses.back()));
        REQUIRE(world.sent.size() == 1);
    }
    CHECK(pauses == std::vector<MonoTime::duration>{50ms, 100ms, 200ms, 400ms, 800ms});
}

TEST_CASE("reconciler: a denied token stops everything but one try in five minutes") {
    ReconcileWorld world(window_of(4));
    world.edit(many(10));
    world.start(id1);
    world.start(id2);
    world.answer(id1, Denied{"HTTP 401"}, 401);
    world.answer(id2, Denied{"HTTP 401"}, 401);
    CHECK(world.sent.empty());
    CHECK(world.reconciler.denied());
    CHECK(world.told<AccessDenied>().size() == 1);
    CHECK(world.reconciler.next_wakeup() == world.now.mono + 5min);
    world.advance(4min);
    CHECK(world.sent.empty());
    world.advance(1min);
    REQUIRE(world.sent.size() == 1);
    const KeyId tried = world.sent.begin()->first;
    world.start(tried);
    SECTION("still denied: the next try is five minutes later") {
        world.answer(tried, Denied{"HTTP 401"}, 401);
        CHECK(world.told<AccessDenied>().size() == 2);
        CHECK(world.reconciler.next_wakeup() == world.now.mono + 5min);
    }
    SECTION("no answer: the next try is five minutes later all the same") {
        world.answer(tried, NotSent{"refused"});
        CHECK(world.reconciler.next_wakeup() == world.now.mono + 5min);
    }
    SECTION("it passes: all go on") {
        world.apply(tried);
        CHECK(world.sent.size() == 4);
        world.apply_all();
        CHECK(world.remote.size() == 10);
    }
}

TEST_CASE("reconciler: a new token ends the denial at once") {
    ReconcileWorld world;
    world.edit({{id1, "a", true}});
    world.answer(id1, Denied{"HTTP 403"}, 403);
    CHECK(world.sent.empty());
    world.perform(world.reconciler.credentials_changed(world.now));
    CHECK(world.sent.size() == 1);
}

TEST_CASE("reconciler: a pipeline gives up on a key, and says so") {
    ReconcileWorld world(giving_up_after(3));
    world.edit({{id1, "a", true}, {id2, "b", true}});
    world.apply(id2);
    for (int i = 0; i < 3; ++i) {
        world.answer(id1, NotSent{"refused"});
        world.advance(1h);
    }
    CHECK(world.sent.empty());
    CHECK_FALSE(world.reconciler.active());
    CHECK(world.told<KeyGivenUp>().size() == 1);
    CHECK(world.told<ReconcileFinished>().back().result == Result::incomplete);
    CHECK(world.told<ReconcileFinished>().back().failed == 1);
}

TEST_CASE("reconciler: a pipeline does not wait for another token") {
    ReconcileWorld world(giving_up_after(3));
    world.edit(many(50));
    world.start(id1);
    world.answer(id1, Denied{"HTTP 401"}, 401);
    CHECK_FALSE(world.reconciler.active());
    CHECK(world.told<ReconcileFinished>().back().failed == 50);
}

TEST_CASE("reconciler: after a stop what is under way is recorded, and nothing new begins") {
    ReconcileWorld world(window_of(2));
    world.edit(many(5));
    world.start(id1);
    world.perform(world.reconciler.stop(world.now));
    CHECK(world.sent.size() == 1);
    CHECK_FALSE(world.reconciler.quiet());
    world.apply(id1);
    CHECK(world.reconciler.quiet());
    CHECK(world.sent.empty());
    CHECK_FALSE(world.reconciler.next_wakeup());
    CHECK(world.told<ReconcileFinished>().back().result == Result::interrupted);
    CHECK(world.known(id1).observed);
    CHECK_FALSE(world.known(id2).doubt.any());
}

TEST_CASE("reconciler: a rate limit spaces what is handed out") {
    ReconcilerOptions options;
    options.rate_limit = 2;
    ReconcileWorld world(options);
    world.edit(many(4));
    CHECK(world.sent.size() == 2);
    const auto at = world.reconciler.next_wakeup();
    REQUIRE(at);
    CHECK(*at - world.now.mono <= 501ms);
    world.advance(501ms);
    CHECK(world.sent.size() == 3);
}

TEST_CASE("reconciler: a changed secret is told, once") {
    ReconcileWorld world;
    world.edit({{id1, "a", true}});
    world.apply(id1);
    world.edit({{id1, "b", true}});
    ApiKey answer = world.as_told(id1);
    answer.secret.fill(9);
    world.answer(id1, Applied{answer}, 200);
    CHECK(world.told<SecretChanged>().size() == 1);
    world.remote[id1].secret.fill(9);
    world.edit({{id1, "c", true}});
    world.apply(id1);
    CHECK(world.told<SecretChanged>().size() == 1);
}

TEST_CASE("reconciler: a disable that is due again waits behind enables that are not sent yet") {
    ReconcileWorld world(window_of(1));
    world.edit({{id1, std::nullopt, true}, {id2, std::nullopt, true}});
    world.apply_all();
    world.order.clear();
    world.edit({{id1, std::nullopt, false}, {id2, std::nullopt, false}});
    world.apply(id1);
    world.start(id2);
    world.answer(id2, NotSent{"refused"});
    world.edit({{id1, std::nullopt, true}, {id2, std::nullopt, false}});
    CHECK(world.order.back() == id1);
}

TEST_CASE("reconciler: disables are not begun before the enables and renames of the plan were tried") {
    ReconcileWorld world;
    world.edit({{id1, "a", false}, {id2, "b", true}, {key_id(3), "c", true}});
    world.apply_all();
    world.edit({{id1, "a", true}, {id2, "z", true}, {key_id(3), "c", false}});
    REQUIRE(world.sent.size() == 1); // the enable
    CHECK(world.sent.contains(id1));
    CHECK_FALSE(world.reconciler.next_wakeup());
    const bool answered = GENERATE(true, false);
    if (answered) {
        world.apply(id1);
    } else {
        world.answer(id1, Retryable{"HTTP 503", {}}, 503); // it had its chance, and holds up nobody
    }
    REQUIRE(world.sent.size() == 1);
    CHECK(world.sent.contains(id2));
    world.apply(id2);
    CHECK(world.sent.contains(key_id(3)));
}

TEST_CASE("reconciler: a server that fails again and again is left alone but for one trial at a time") {
    ReconcileWorld world(window_of(4));
    world.edit(many(40));
    int failures = 0;
    while (!world.sent.empty() && failures < 100) {
        world.start(world.sent.begin()->first);
        world.answer(world.sent.begin()->first, NotSent{"refused"});
        ++failures;
    }
    CHECK(failures == 10);
    CHECK(world.told<ServerUnavailable>().size() == 1);
    CHECK(world.reconciler.server_unavailable());
    for (int trial = 0; trial < 5; ++trial) {
        const auto at = world.reconciler.next_wakeup();
        REQUIRE(at);
        CHECK(*at > world.now.mono);
        world.advance(std::chrono::ceil<std::chrono::milliseconds>(*at - world.now.mono));
        REQUIRE(world.sent.size() == 1);
        world.answer(world.sent.begin()->first, NotSent{"refused"});
        CHECK(world.sent.empty());
    }
    const auto at = world.reconciler.next_wakeup();
    world.advance(std::chrono::ceil<std::chrono::milliseconds>(*at - world.now.mono));
    world.apply(world.sent.begin()->first);
    CHECK_FALSE(world.reconciler.server_unavailable());
    CHECK(world.sent.size() == 4);
    world.apply_all();
    CHECK(world.remote.size() == 40);
    CHECK_FALSE(world.reconciler.active());
}

TEST_CASE("reconciler: an edit is tried at once even on a server taken for dead") {
    ReconcileWorld world(window_of(4));
    world.edit(many(20));
    while (!world.sent.empty()) {
        world.answer(world.sent.begin()->first, NotSent{"refused"});
    }
    world.edit(many(21));
    CHECK(world.sent.size() == 1);
}

TEST_CASE("reconciler: a pipeline gives up on a server that doesn't answer") {
    ReconcileWorld world(giving_up_after(3));
    world.edit(many(500));
    for (int rounds = 0; world.reconciler.active() && rounds < 1000; ++rounds) {
        if (!world.sent.empty()) {
            world.answer(world.sent.begin()->first, NotSent{"refused"});
        } else if (const auto at = world.reconciler.next_wakeup()) {
            world.advance(std::chrono::ceil<std::chrono::milliseconds>(*at - world.now.mono));
        }
    }
    REQUIRE_FALSE(world.reconciler.active());
    CHECK(world.told<ReconcileFinished>().back().failed == 500);
    CHECK(world.order.size() < 50);
}

TEST_CASE("reconciler: a key that is refused when it is asserted again is rejected, not in sync") {
    ReconcilerOptions options;
    options.resync = std::chrono::hours{1};
    ReconcileWorld world(options);
    world.edit({{id1, "a", true}});
    world.apply_all();
    world.advance(1h);
    REQUIRE(world.sent.contains(id1));
    world.answer(id1, Rejected{"HTTP 404 (NOT_FOUND)"}, 404);
    CHECK(world.reconciler.key_counts()[KeyState::rejected] == 1);
    world.advance(24h);
    CHECK(world.sent.empty());
    world.edit({{id1, "b", true}}); // worth a try
    CHECK(world.sent.contains(id1));
}

TEST_CASE("reconciler: resync asserts every managed key once an interval, spread over it") {
    ReconcilerOptions options;
    options.resync = std::chrono::hours{1};
    ReconcileWorld world(options);
    world.edit(many(10));
    world.apply_all();
    world.order.clear();
    std::size_t most_at_once = 0;
    for (const auto end = world.now.mono + std::chrono::hours{1}; world.now.mono < end;) {
        world.advance(std::chrono::ceil<std::chrono::milliseconds>(
            std::max(*world.reconciler.next_wakeup() - world.now.mono, MonoTime::duration{1ms})));
        most_at_once = std::max(most_at_once, world.sent.size());
        world.apply_all();
    }
    // With the shortest jitter a round takes half the interval.
    CHECK(world.order.size() >= 20);
    CHECK(world.order.size() <= 21);
    CHECK(most_at_once == 1);
    CHECK(world.last_sent[id1] == Fields{"k", true});
    CHECK(world.told<KeyUpdated>().back().reason == Reason::resync);
    CHECK(world.told<ReconcileFinished>().size() == 1); // the round is no reconciliation of its own
}
