// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/status_text.hpp"

#include "tests/support/keys.hpp"

#include <Poco/JSON/Parser.h>
#include <catch2/catch.hpp>
#include <vector>

using namespace apikeyd;
using namespace apikeyd::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

KnownKey doubtful() {
    KnownKey key = seen(key_id(2), "b", true);
    key.doubt = {true, true, at_second(5)};
    return key;
}

KnownKey rejected() {
    KnownKey key = seen(key_id(3), "c", true);
    key.rejection = Rejection{{"x", std::nullopt}, "the name is taken", at_second(6)};
    return key;
}

// With a plan that holds keys 1 and 4.
StateStore store_of(const std::optional<Suspension>& suspension = {}) {
    auto store = StateStore::open(":memory:");
    StateBatch batch;
    batch.keys = {seen(key_id(1), "a", true), doubtful(), rejected()};
    batch.held.emplace(HeldPlan{
        "sha256:0123456789abcdef", "sha256:f", "too many", at_second(3), {key_id(1), key_id(4)}, {}, {}});
    if (suspension) {
        batch.suspension.emplace(suspension);
    }
    ReconciliationEntry run;
    run.seq = 1;
    run.started_at = at_second(2);
    run.revision = "sha256:f00d0123456789ab";
    batch.reconciliations = {run};
    store.commit(batch);
    return store;
}

std::string text_of(StateStore& store, WallTime now) {
    const auto keys = store.known();
    return render_status_text(
        make_status_report(store, now), [&] { return keys->next(); }, false);
}

} // namespace

TEST_CASE("status: one condition of several is enough, and each is looked for") {
    auto store = store_of();
    const StatusReport report = make_status_report(store, at_second(10));
    const auto shown = [&](const StatusFilter& filter) {
        std::vector<KeyId> ids;
        const auto keys = store.known();
        while (const KnownKey* key = keys->next()) {
            if (passes(filter, report, *key)) {
                ids.push_back(key->id);
            }
        }
        return ids;
    };
    CHECK(shown({}).size() == 3);
    CHECK(shown({key_id(3), false, false, false}) == std::vector{key_id(3)});
    CHECK(shown({{}, true, false, false}) == std::vector{key_id(2)});
    CHECK(shown({{}, false, true, false}) == std::vector{key_id(3)});
    CHECK(shown({{}, false, false, true}) == std::vector{key_id(1)});
    CHECK(shown({{}, true, true, false}) == std::vector{key_id(2), key_id(3)});
    CHECK(shown({key_id(3), true, false, false}).empty());
}

TEST_CASE("status: an approved plan holds nothing any more") {
    auto store = store_of();
    StateBatch batch;
    batch.held.emplace(approve(*store.held_plan(), at_second(9)));
    store.commit(batch);
    const StatusReport report = make_status_report(store, at_second(10));
    CHECK_FALSE(report.holds(key_id(1)));
    CHECK(report.held_count() == 0);
}

TEST_CASE("status: text tells a suspension in force, what is held, and the last reconciliation") {
    auto store = store_of(Suspension{at_second(1), at_second(100), "moving\x1bhouse", "ada"});
    const std::string text = text_of(store, at_second(10));
    CHECK_THAT(text, Contains("SUSPENDED until 2023-11-14T22:15:00.000Z, begun 9 s ago by ada "
                              "(moving\\x1bhouse): nothing is sent\n"));
    CHECK_THAT(text, Contains("'a'  answered 10 s ago  HELD\n"));
    CHECK_THAT(text,
               Contains("IN DOUBT: name and enabled") && Contains("REJECTED 4 s ago: the name is taken"));
    CHECK_THAT(text, Contains("HELD, begun 7 s ago: too many; let them go\n"
                              "  with the daemon: apikeyd approve 0123456789ab\n"
                              "  in a pipeline: apikeyd apply --approve 0123456789ab\n"));
    CHECK_THAT(text,
               Contains("last reconciliation: #1, not finished") && Contains("revision f00d01234567\n"));
    CHECK_THAT(text_of(store, at_second(100)), !Contains("SUSPENDED")); // it has ended by itself
}

TEST_CASE("status: what stands behind the name is in columns") {
    std::vector<KnownKey> known{seen(key_id(1), "a", true), seen(key_id(2), "请求", false),
                                seen(key_id(4), std::string(200, 'x'), true)};
    KnownKey unanswered;
    unanswered.id = key_id(3);
    unanswered.doubt = {false, true, at_second(5)};
    known.insert(known.begin() + 2, unanswered);
    known[0].observed->observed_at = at_second(-3600 * 72);
    known[0].rejection = Rejection{{}, "no", at_second(6)};
    known[1].doubt = {true, false, at_second(5)};
    const auto text_of = [](const std::vector<KnownKey>& keys) {
        std::size_t at = 0;
        StatusReport report;
        report.generated_at = at_second(10);
        return render_status_text(
            report, [&] { return at < keys.size() ? &keys[at++] : nullptr; }, false);
    };
    const std::string some = text_of({known[0], known[1], known[2]});
    CHECK_THAT(
        some,
        StartsWith("000000000000000000000001  enabled   'a'     answered 3 d ago   REJECTED 4 s ago: no\n"
                   "000000000000000000000002  disabled  '请求'  answered 10 s ago  IN DOUBT: name, sent "
                   "5 s ago\n"
                   "000000000000000000000003  ?                 never answered     IN DOUBT: enabled, "
                   "sent 5 s ago\n"));
    // A name that is longer than any column may be pushes nobody else.
    CHECK_THAT(text_of(known), Contains("'a'" + std::string(59, ' ') + "answered 3 d ago"));
    CHECK_THAT(text_of(known), Contains("…'  answered 10 s ago\n"));
}

TEST_CASE("status: JSON has the suspension, or null") {
    const auto json_at = [](StateStore& store, WallTime now) {
        const auto keys = store.known();
        Poco::JSON::Parser parser;
        return parser.parse(render_status_json(make_status_report(store, now), [&] { return keys->next(); }))
            .extract<Poco::JSON::Object::Ptr>();
    };
    auto store = store_of(Suspension{at_second(1), at_second(100), "moving", "ada"});
    const auto json = json_at(store, at_second(10));
    const auto suspension = json->getObject("suspension");
    CHECK(suspension->getValue<std::string>("until") == "2023-11-14T22:15:00.000Z");
    CHECK(suspension->getValue<std::string>("reason") == "moving");
    CHECK(suspension->getValue<std::string>("by") == "ada");
    CHECK(json->getObject("last_reconciliation")->getValue<std::string>("revision") ==
          "sha256:f00d0123456789ab");
    const auto approve = json->getObject("held_plan")->getObject("approve");
    CHECK(approve->getValue<std::string>("pipeline") == "apikeyd apply --approve 0123456789ab");
    CHECK(json->getArray("keys")->size() == 3);
    CHECK(json->getArray("keys")->getObject(0)->getValue<bool>("held"));
    CHECK_FALSE(json->getArray("keys")->getObject(1)->getValue<bool>("held"));
    CHECK(json_at(store, at_second(100))->isNull("suspension"));
}
