// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/key_row.hpp"

#include "tests/support/desired.hpp"
#include "tests/support/keys.hpp"

#include <catch2/catch.hpp>

#include <utility>

using namespace apikeyd;
using namespace apikeyd::test;
using Catch::Matchers::Contains;

namespace {

KeyRow row_of(const DesiredState& desired, const std::optional<KnownKey>& known, const RowRules& rules = {}) {
    const DesiredKey& key = desired.keys().front();
    const KeyRow row = make_row(&desired, &key, known ? &*known : nullptr, rules);
    CHECK(row.state == row_state(&desired, &key, known ? &*known : nullptr, rules)); // the quick way
    return row;
}

KeyRow row_of_unnamed(const DesiredState* desired, const KnownKey& known, const RowRules& rules = {}) {
    const KeyRow row = make_row(desired, nullptr, &known, rules);
    CHECK(row.state == row_state(desired, nullptr, &known, rules));
    return row;
}

const KeyId id = key_id(1);

} // namespace

TEST_CASE("key row: answered as wanted is in sync, whatever else the key has") {
    const DesiredState desired = desired_state({{id, {}, true}});
    const KeyRow row = row_of(desired, seen(id, "whatever", true));
    CHECK(row.state == RowState::in_sync);
    CHECK(row.why.empty());
    CHECK(name_of(row) == "whatever");
    CHECK_FALSE(row.wanted.name);
    CHECK(row.known == Fields{"whatever", true});
    CHECK(row.known_at == at_second(0));
    CHECK(row.file == "keys.yaml");
    CHECK(row.line == 3);
}

TEST_CASE("key row: what differs is named") {
    const auto why = [](std::optional<std::string_view> name, std::optional<bool> enabled) {
        const KeyRow row = row_of(desired_state({{id, name, enabled}}), seen(id, "old", true));
        CHECK(row.state == RowState::drifted);
        return row.why;
    };
    CHECK(why("new", true) == "name differs from the last answer");
    CHECK(why("old", false) == "enabled differs from the last answer");
    CHECK(why("new", false) == "name and enabled differ from the last answer");
}

TEST_CASE("key row: a change that a time in the file brought says so") {
    const DesiredState desired = desired_state({{id, {}, {}, {{}, at_second(5)}}}, at_second(9));
    const KeyRow row = row_of(desired, seen(id, "a", true));
    CHECK(row.state == RowState::drifted);
    CHECK_THAT(row.why, Contains("its time has come"));
}

TEST_CASE("key row: never answered is not seen yet, and not drifted") {
    const DesiredState desired = desired_state({{id, "new", {}}});
    const KeyRow row = row_of(desired, std::nullopt);
    CHECK(row.state == RowState::unseen);
    CHECK_FALSE(row.known);
    CHECK_FALSE(row.known_at);
    CHECK(name_of(row) == "new");
}

TEST_CASE("key row: sent without an answer is in doubt, since then") {
    KnownKey known = seen(id, "new", true);
    known.doubt = {true, false, at_second(4)};
    const KeyRow row = row_of(desired_state({{id, "new", true}}), known);
    CHECK(row.state == RowState::in_doubt);
    CHECK(row.why == "name sent, and not answered so far");
    CHECK(row.since == at_second(4));
}

TEST_CASE("key row: rejected as long as the file asks for just that") {
    KnownKey known = seen(id, "old", true);
    known.rejection = Rejection{{"new", {}}, "name is taken", at_second(6)};
    const KeyRow row = row_of(desired_state({{id, "new", {}}}), known);
    CHECK(row.state == RowState::rejected);
    CHECK(row.why == "name is taken");
    CHECK(row.since == at_second(6));
    CHECK(row_of(desired_state({{id, "newer", {}}}), known).state == RowState::drifted);
}

TEST_CASE("key row: held where it waits for approval, and only if something is to be done") {
    RowRules rules;
    rules.held = [](const KeyId& one) { return one == id; };
    CHECK(row_of(desired_state({{id, {}, false}}), seen(id, "a", true), rules).state == RowState::held);
    CHECK(row_of(desired_state({{id, {}, false}}), seen(id, "a", false), rules).state == RowState::in_sync);
    CHECK(row_of(desired_state({{key_id(2), {}, false}}), seen(key_id(2), "a", true), rules).state ==
          RowState::drifted);
}

TEST_CASE("key row: our own key, the disable of which is refused, is rejected with the reason") {
    RowRules rules;
    rules.refused_own = id;
    const KeyRow row = row_of(desired_state({{id, {}, false}}), seen(id, "a", true), rules);
    CHECK(row.state == RowState::rejected);
    CHECK_THAT(row.why, Contains("lock us out") && Contains("another key's secret as the token"));
    CHECK(row_of(desired_state({{id, "b", true}}), seen(id, "a", true), rules).state == RowState::drifted);
}

TEST_CASE("key row: a key that the file doesn't name is managed only where it is to be disabled") {
    const DesiredState desired = desired_state({});
    CHECK(row_of_unnamed(&desired, seen(id, "a", true)).why == "not in the file");
    CHECK(row_of_unnamed(&desired, seen(id, "a", true)).state == RowState::unmanaged);
    RowRules rules;
    rules.disable_removed = true;
    const KeyRow row = row_of_unnamed(&desired, seen(id, "a", true), rules);
    CHECK(row.state == RowState::drifted);
    CHECK_THAT(row.why, Contains("taken out of the file"));
    CHECK(row.file.empty());
    CHECK(row_of_unnamed(&desired, seen(id, "a", false), rules).state == RowState::unmanaged);
    KnownKey refused = seen(id, "a", true);
    refused.rejection = Rejection{{{}, false}, "no", at_second(1)};
    CHECK(row_of_unnamed(&desired, refused, rules).why == "no");
}

TEST_CASE("key row: unmanaged says why: no file, no fields, or a doubt that stays") {
    CHECK(row_of_unnamed(nullptr, seen(id, "a", true)).why == "no desired file was good so far");
    CHECK(row_of(desired_state({{id, {}, {}}}), std::nullopt).why ==
          "the file asks for neither name nor enabled");
    KnownKey known = seen(id, "a", true);
    known.doubt = {true, true, at_second(2)};
    const DesiredState desired = desired_state({});
    const KeyRow row = row_of_unnamed(&desired, known);
    CHECK(row.state == RowState::unmanaged);
    CHECK_THAT(row.why, Contains("name and enabled was not answered"));
    CHECK(row.since == at_second(2));
}

TEST_CASE("key row: each state has a word of its own, and is found by it") {
    for (std::size_t n = 0; n < row_states; ++n) {
        const auto state = static_cast<RowState>(n);
        CHECK(parse_row_state(to_string(state)) == state);
        CHECK_FALSE(label_of(state).empty());
    }
    CHECK_FALSE(parse_row_state("in sync"));
    CHECK_FALSE(parse_row_state(""));
}
