// SPDX-License-Identifier: Apache-2.0
// What keeps a mistake from spreading: the reconciler with its guards on.
#include "tests/support/reconcile_world.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;

namespace {

Fingerprint print_of(std::uint8_t byte) {
    Fingerprint print{};
    print.fill(byte);
    return print;
}

Safeguards guarded(DisableLimit limit = Percentage{30}) {
    Safeguards safeguards;
    safeguards.max_disable = limit;
    return safeguards;
}

std::vector<Wanted> many(unsigned count, unsigned disabled) {
    std::vector<Wanted> wanted;
    for (unsigned n = 1; n <= count; ++n) {
        wanted.push_back({key_id(n), "k", n > disabled});
    }
    return wanted;
}

// All enabled at first.
void start_with(ReconcileWorld& world, unsigned count) {
    world.edit(many(count, 0));
    world.apply_all();
    world.order.clear();
    world.events.clear();
}

unsigned disabled_keys(const ReconcileWorld& world) {
    return static_cast<unsigned>(
        std::ranges::count_if(world.remote, [](const auto& one) { return !one.second.enabled; }));
}

} // namespace

TEST_CASE("guard: as many disables as the limit allows go; one more and none goes") {
    const auto [limit, keys, allowed] = GENERATE(table<DisableLimit, unsigned, unsigned>({
        {Percentage{30}, 20, 6},
        {Percentage{30}, 19, 5}, // 5.7, rounded down
        {Percentage{0}, 20, 3},  // three always pass
        {Percentage{100}, 20, 20},
        {std::uint64_t{10}, 20, 10},
        {std::uint64_t{0}, 20, 3},
        {Percentage{30}, 2, 3},
    }));
    CAPTURE(keys, allowed);
    ReconcileWorld world({}, guarded(limit));
    start_with(world, keys);
    world.edit(many(keys, std::min(allowed, keys)));
    world.apply_all();
    CHECK(disabled_keys(world) == std::min(allowed, keys));
    CHECK(world.told<PlanHeld>().empty());

    if (allowed < keys) {
        ReconcileWorld other({}, guarded(limit));
        start_with(other, keys);
        other.edit(many(keys, allowed + 1));
        other.apply_all();
        CHECK(disabled_keys(other) == 0);
        REQUIRE(other.told<PlanHeld>().size() == 1);
        CHECK(other.told<PlanHeld>()[0].plan.ids.size() == allowed + 1);
        CHECK(other.told<ReconcileFinished>().back().result == Result::held);
        CHECK(other.told<ReconcileFinished>().back().held == allowed + 1);
        CHECK_FALSE(other.reconciler.active());
    }
}

TEST_CASE("guard: enables and renames of a held plan go") {
    ReconcileWorld world({}, guarded());
    start_with(world, 10);
    auto wanted = many(10, 8);
    wanted[9].name = "renamed";
    world.edit(wanted);
    world.apply_all();
    CHECK(disabled_keys(world) == 0);
    CHECK(world.remote[key_id(10)].name == "renamed");
    CHECK(world.store.held_plan()->ids.size() == 8);
}

TEST_CASE("guard: an approved plan goes, and goes on after a restart in the middle of it") {
    ReconcileWorld world({}, guarded());
    start_with(world, 10);
    world.edit(many(10, 8));
    world.apply_all();
    world.approve();
    CHECK(world.sent.size() == 8);
    world.apply(key_id(1));
    world.apply(key_id(2));

    // Another process: nothing but the store remains.
    Reconciler fresh({}, [] { return 0ULL; });
    Safeguards safeguards = guarded();
    safeguards.held = world.store.held_plan();
    Plan plan = make_plan(*world.desired, *world.store.known());
    const Actions actions = fresh.desired_changed(
        world.desired, std::move(plan), {world.store.next_reconciliation(), ""}, safeguards, world.now);
    CHECK(actions.dispatches.size() == 6);
    world.apply_all();
    CHECK(disabled_keys(world) == 8);
}

TEST_CASE("guard: a hold survives a restart with its digest and its age, and ends with another file") {
    ReconcileWorld world({}, guarded());
    start_with(world, 10);
    world.edit(many(10, 8));
    world.apply_all();
    const HeldPlan held = world.store.held_plan().value();
    world.advance(24h);
    world.plan(); // as a restart does
    CHECK(world.store.held_plan() == held);
    CHECK(world.told<PlanHeld>().size() == 2); // loud again

    world.edit(many(10, 2));
    CHECK_FALSE(world.store.held_plan());
    world.apply_all();
    CHECK(disabled_keys(world) == 2);
}

TEST_CASE("guard: an approval is of that plan and no other") {
    ReconcileWorld world({}, guarded());
    start_with(world, 20);
    world.edit(many(20, 8));
    world.apply_all();
    world.approve();
    world.take_back(); // before any of it was begun, the file changes
    world.edit(many(20, 9));
    world.apply_all();
    CHECK(disabled_keys(world) == 0);
    CHECK(world.store.held_plan()->ids.size() == 9);
    CHECK_FALSE(world.store.held_plan()->approved_at);
}

TEST_CASE("guard: adopting keys that are disabled already holds nothing") {
    ReconcileWorld world({}, guarded());
    for (unsigned n = 1; n <= 10; ++n) {
        ApiKey& key = world.remote[key_id(n)];
        key.name = "k";
        key.enabled = false;
    }
    world.edit(many(10, 10));
    REQUIRE(world.sent.size() == 10);
    for (const auto& [id, fields] : world.sent) {
        CHECK(fields.empty()); // looked at, not touched
        CHECK_FALSE(world.store.find(id));
    }
    world.apply_all();
    CHECK(world.order.size() == 10);
    CHECK(world.told<PlanHeld>().empty());
    CHECK(world.told<ReconcileFinished>().back().result == Result::converged);
}

TEST_CASE("guard: keys never seen that turn out to be enabled are held, all together") {
    ReconcileWorld world({}, guarded());
    for (unsigned n = 1; n <= 10; ++n) {
        ApiKey& key = world.remote[key_id(n)];
        key.name = "k";
        key.enabled = true;
    }
    world.edit(many(10, 10));
    world.apply_all();
    CHECK(disabled_keys(world) == 0);
    CHECK(world.store.held_plan()->ids.size() == 10);
    world.approve();
    world.apply_all();
    CHECK(disabled_keys(world) == 10);
}

TEST_CASE("guard: a key that can't be looked at counts, and holds up no other for long") {
    ReconcileWorld world({}, guarded());
    for (unsigned n = 1; n <= 10; ++n) {
        world.remote[key_id(n)].name = "k";
        world.remote[key_id(n)].enabled = true;
    }
    world.edit(many(10, 3));
    for (unsigned n = 4; n <= 10; ++n) {
        world.apply(key_id(n)); // what enables comes first
    }
    REQUIRE(world.sent.size() == 3);
    world.start(key_id(3));
    world.answer(key_id(3), Retryable{"HTTP 503", {}}, 503);
    world.apply_all();
    CHECK(disabled_keys(world) == 2); // three may go, the one in question among them
    world.advance(1h);
    world.apply_all();
    CHECK(disabled_keys(world) == 3);
}

TEST_CASE("guard: a key taken out of the file is left alone, or disabled where the settings say so") {
    const bool disable = GENERATE(true, false);
    Safeguards safeguards = guarded();
    safeguards.disable_removed = disable;
    ReconcileWorld world({}, safeguards);
    start_with(world, 4);
    auto wanted = many(4, 0);
    wanted.pop_back();
    world.edit(wanted);
    world.apply_all();
    CHECK(disabled_keys(world) == (disable ? 1U : 0U));
    if (disable) {
        CHECK(world.last_sent[key_id(4)] == Fields{std::nullopt, false});
        CHECK(world.told<KeyUpdated>().back().reason == Reason::removed);
    }
    world.edit(wanted);
    CHECK(world.sent.empty());
}

TEST_CASE("guard: removals count like any disable, and emptying the file is held even under the limit") {
    Safeguards safeguards = guarded(Percentage{100});
    safeguards.disable_removed = true;
    ReconcileWorld world({}, safeguards);
    start_with(world, 2);
    world.edit({});
    world.apply_all();
    CHECK(disabled_keys(world) == 0);
    REQUIRE(world.told<PlanHeld>().size() == 1);
    CHECK_THAT(world.told<PlanHeld>()[0].plan.why, Catch::Matchers::Contains("names no key any more"));
    world.approve();
    world.apply_all();
    CHECK(disabled_keys(world) == 2);
}

TEST_CASE("guard: our own key is not disabled, known by its secret or by its id; other fields go") {
    const bool by_secret = GENERATE(true, false);
    Safeguards safeguards = guarded();
    if (by_secret) {
        safeguards.own.token = print_of(0x42);
    } else {
        safeguards.own.id = key_id(2);
    }
    ReconcileWorld world({}, safeguards);
    world.remote[key_id(2)].secret = print_of(0x42);
    start_with(world, 3);
    world.edit({{key_id(1), "k", true}, {key_id(2), "renamed", false}, {key_id(3), "k", false}});
    world.apply_all();
    CHECK(world.remote[key_id(2)].enabled);
    CHECK(world.remote[key_id(2)].name == "renamed");
    CHECK_FALSE(world.remote[key_id(3)].enabled);
    CHECK(world.told<KeyRejected>().size() == 2); // planned twice: before and after its rename was answered
    CHECK(world.told<ReconcileFinished>().back().result == Result::incomplete);
    CHECK(world.reconciler.refused_own() == key_id(2)); // for whoever asks which key that is
    world.edit({{key_id(1), "k", true}, {key_id(2), "renamed", true}, {key_id(3), "k", false}});
    CHECK_FALSE(world.reconciler.refused_own());
}

TEST_CASE("guard: not even the first run can lock us out") {
    Safeguards safeguards = guarded();
    safeguards.own.token = print_of(0x42);
    ReconcileWorld world({}, safeguards);
    for (unsigned n = 1; n <= 3; ++n) {
        world.remote[key_id(n)].name = "k";
        world.remote[key_id(n)].enabled = true;
    }
    world.remote[key_id(2)].secret = print_of(0x42);
    world.edit(many(3, 3));
    world.apply_all();
    CHECK(world.remote[key_id(2)].enabled);
    CHECK(disabled_keys(world) == 2);
}

TEST_CASE("guard: a key that has our token as its new secret is looked at before it is disabled") {
    Safeguards safeguards = guarded();
    ReconcileWorld world({}, safeguards);
    start_with(world, 3);
    // The secret of key 2 was replaced, and we use the new one from now on.
    world.advance(1h);
    world.remote[key_id(2)].secret = print_of(0x42);
    world.safeguards.own.token = print_of(0x42);
    world.perform(world.reconciler.credentials_changed(world.now));
    world.edit(many(3, 3));
    world.apply_all();
    CHECK(world.remote[key_id(2)].enabled);
    CHECK(disabled_keys(world) == 2);
    // Now that we know which key is ours, others need no look.
    world.order.clear();
    world.edit({{key_id(1), "k", true}, {key_id(3), "k", true}});
    world.apply_all();
    world.advance(1h);
    world.edit({{key_id(1), "k", false}, {key_id(3), "k", true}});
    CHECK(world.sent[key_id(1)] == Fields{std::nullopt, false});
}

TEST_CASE("guard: our own key goes last of all where it may be disabled") {
    Safeguards safeguards = guarded(Percentage{100});
    safeguards.own.id = key_id(1);
    safeguards.own.may_be_disabled = true;
    ReconcileWorld world({}, safeguards);
    start_with(world, 4);
    auto wanted = many(4, 4);
    wanted[3].enabled = true;
    wanted[3].name = "renamed";
    world.edit(wanted);
    while (!world.sent.empty()) {
        world.apply(world.sent.rbegin()->first);
    }
    CHECK(world.order.back() == key_id(1));
    CHECK(world.order.size() == 4);
    CHECK_FALSE(world.remote[key_id(1)].enabled);
}

TEST_CASE("guard: an approval outlives a moment that the file names, for what it covers") {
    ReconcileWorld world({}, guarded());
    start_with(world, 20);
    std::vector<Wanted> wanted = many(20, 10);
    wanted[19].times = {{}, world.now.wall + 1h}; // another key, which ends in an hour
    world.edit(wanted);
    REQUIRE(world.told<PlanHeld>().size() == 1);
    REQUIRE(world.sent.empty());
    world.approve();
    REQUIRE(world.sent.size() == 10);
    // Nothing was sent yet when the moment comes.
    world.take_back();
    world.now.wall += 2h;
    world.desired = std::make_shared<const DesiredState>(world.desired->at(world.now.wall));
    world.plan();
    world.apply_all();
    CHECK(disabled_keys(world) == 11);
    CHECK(world.told<PlanHeld>().size() == 1);
}

TEST_CASE("guard: a hold without an approval is judged anew at another moment") {
    ReconcileWorld world({}, guarded());
    start_with(world, 20);
    std::vector<Wanted> wanted = many(20, 10);
    wanted[19].times = {{}, world.now.wall + 1h};
    world.edit(wanted);
    const std::string before = world.told<PlanHeld>().at(0).plan.digest;
    world.take_back();
    world.now.wall += 2h;
    world.desired = std::make_shared<const DesiredState>(world.desired->at(world.now.wall));
    world.plan();
    CHECK(world.sent.empty());
    CHECK(world.store.held_plan()->ids.size() == 11);
    CHECK(world.store.held_plan()->digest != before);
    CHECK(world.store.held_plan()->approved.empty());
}

namespace {

// So many keys that end at one moment, in a process that doesn't know which key is ours, and whose answers
// are all from before its token.
struct EndingWorld : ReconcileWorld {
    explicit EndingWorld(unsigned keys)
        : ReconcileWorld({}, with_token()) {
        for (unsigned n = 1; n <= keys; ++n) {
            wanted.push_back({key_id(n), "k", true, {std::nullopt, at_second(200)}});
        }
        edit(wanted);
        apply_all();
        reconciler.forget_fingerprints();
    }
    static Safeguards with_token() {
        Safeguards safeguards;
        safeguards.max_disable = std::uint64_t{3};
        safeguards.own.token = print_of(99);
        return safeguards;
    }
    void come_to_the_end() {
        advance(100s);
        take_back();
        desired = std::make_shared<const DesiredState>(desired->at(now.wall));
        plan();
    }
    std::vector<std::string> reasons() {
        std::vector<std::string> found;
        for (const HistoryEntry& entry : store.history({})) {
            found.push_back(entry.reason);
        }
        return found;
    }
    std::vector<Wanted> wanted;
};

} // namespace

TEST_CASE("guard: a disable that its time brought is told as that, also after the look before it") {
    EndingWorld world(1);
    world.come_to_the_end();
    REQUIRE(world.sent.at(key_id(1)).empty());
    world.apply(key_id(1));
    REQUIRE(world.sent.at(key_id(1)).enabled == false);
    world.apply(key_id(1));
    CHECK(world.told<KeyUpdated>().back().reason == Reason::scheduled);
    CHECK(world.reasons() == std::vector<std::string>{"first_seen", "look", "scheduled"});

    // Somebody else enables it: what is mended then is not what the time brought.
    world.remote[key_id(1)].enabled = true;
    world.edit_and_look(world.wanted);
    world.apply_all();
    CHECK(world.remote[key_id(1)].enabled == false);
    CHECK(world.told<KeyUpdated>().back().reason == Reason::changed);
}

TEST_CASE(
    "guard: a disable that its time brought is told as that after an approval, or a look before the plan") {
    const bool looked = GENERATE(false, true);
    EndingWorld world(4); // one more than may go
    if (looked) {
        world.advance(100s);
        world.edit_and_look(world.wanted); // at its time, or the daemon was off meanwhile
    } else {
        world.come_to_the_end();
    }
    world.apply_all();
    REQUIRE(world.store.held_plan()->ids.size() == 4);
    world.approve();
    world.apply_all();
    CHECK(disabled_keys(world) == 4);
    const auto reasons = world.reasons();
    CHECK(std::ranges::count(reasons, "scheduled") == 4);
    CHECK(std::ranges::count(reasons, "changed") == 0);
}

TEST_CASE(
    "guard: a key that somebody else ended before its time was looked at is not told as its time's doing") {
    EndingWorld world(1);
    world.remote[key_id(1)].enabled = false;
    world.come_to_the_end();
    world.apply(key_id(1));
    REQUIRE(world.sent.empty()); // it is as wanted already
    world.remote[key_id(1)].enabled = true;
    world.edit_and_look(world.wanted);
    world.apply_all();
    CHECK(world.told<KeyUpdated>().back().reason == Reason::changed);
}
