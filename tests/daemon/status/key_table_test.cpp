// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/key_table.hpp"

#include "tests/support/desired.hpp"
#include "tests/support/keys.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <utility>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

// What is wanted, what is known, and the table of it.
struct World {
    std::vector<Wanted> wanted;
    std::vector<KnownKey> known;
    bool loaded = true;

    KeyTable table(const KeyQuery& query = {}) const {
        const DesiredState desired = desired_state(wanted);
        std::map<KeyId, KnownKey> by_id;
        for (const KnownKey& key : known) {
            by_id.emplace(key.id, key);
        }
        return make_key_table(
            loaded ? &desired : nullptr, std::make_unique<KnownList>(known),
            [&](const KeyId& id) {
                const auto found = by_id.find(id);
                return found == by_id.end() ? std::nullopt : std::optional(found->second);
            },
            {}, query);
    }
    // Numbers of the keys on the page, in order.
    std::vector<unsigned> numbers(const KeyQuery& query = {}) const {
        std::vector<unsigned> result;
        for (const KeyRow& row : table(query).rows) {
            const auto& bytes = row.id.bytes();
            result.push_back(bytes[KeyId::size - 1] + 256U * bytes[KeyId::size - 2]);
        }
        return result;
    }
};

using Numbers = std::vector<unsigned>;

KeyQuery sorted(KeyOrder order, bool descending = false) {
    KeyQuery query;
    query.order = order;
    query.descending = descending;
    return query;
}

KeyQuery search(std::string text) {
    KeyQuery query;
    query.search = std::move(text);
    return query;
}

KnownKey answered_at(KnownKey key, int second) {
    key.observed->observed_at = at_second(second);
    return key;
}

// 1 in sync, 2 drifted, 3 never seen, 4 rejected, 5 not in the file, 6 known and in the file without a field.
World one_of_each() {
    World world;
    world.wanted = {{key_id(4), "taken", {}},
                    {key_id(1), "alpha", true},
                    {key_id(2), "Beta", false},
                    {key_id(3), "gamma", {}},
                    {key_id(6), {}, {}}};
    world.known = {answered_at(seen(key_id(1), "alpha", true), 50),
                   answered_at(seen(key_id(2), "beta", true), 20), seen(key_id(4), "old", true),
                   answered_at(seen(key_id(5), "gone", true), 30),
                   answered_at(seen(key_id(6), "left alone", true), 10)};
    world.known[2].rejection = Rejection{{"taken", {}}, "no", at_second(1)};
    return world;
}

} // namespace

TEST_CASE("key table: each key of the file or the state is there once and counted once") {
    const KeyTable table = one_of_each().table();
    CHECK(table.rows.size() == 6);
    CHECK(table.matching == 6);
    CHECK(table.managed() == 4);
    CHECK(table[RowState::in_sync] == 1);
    CHECK(table[RowState::drifted] == 1);
    CHECK(table[RowState::unseen] == 1);
    CHECK(table[RowState::rejected] == 1);
    CHECK(table[RowState::unmanaged] == 2);
    CHECK(table.oldest_in_sync == at_second(50));
}

TEST_CASE("key table: without a desired file whatever is known is shown") {
    World world = one_of_each();
    world.loaded = false;
    const KeyTable table = world.table();
    CHECK(table.matching == 5);
    CHECK(table.managed() == 0);
    CHECK(World{}.table().rows.empty());
    CHECK(World{}.table().pages() == 1);
}

TEST_CASE("key table: orders, and each of them backwards") {
    const World world = one_of_each();
    const std::vector<std::pair<KeyOrder, Numbers>> expected{
        {KeyOrder::state, {4, 2, 3, 1, 5, 6}},    // trouble first, then by id
        {KeyOrder::id, {1, 2, 3, 4, 5, 6}},       //
        {KeyOrder::name, {1, 2, 3, 5, 6, 4}},     // alpha Beta gamma gone "left alone" taken
        {KeyOrder::evidence, {3, 4, 6, 2, 5, 1}}, // never, 0, 10, 20, 30, 50
        {KeyOrder::source, {4, 1, 2, 3, 6, 5}},   // as written; not in the file last
    };
    for (const auto& [order, numbers] : expected) {
        CAPTURE(static_cast<int>(order));
        CHECK(world.numbers(sorted(order)) == numbers);
        CHECK(world.numbers(sorted(order, true)) == Numbers(numbers.rbegin(), numbers.rend()));
    }
}

TEST_CASE("key table: keys without a name come last by name") {
    World world;
    world.wanted = {{key_id(1), {}, true}, {key_id(2), "z", true}};
    CHECK(world.numbers(sorted(KeyOrder::name)) == Numbers{2, 1});
}

TEST_CASE("key table: a search finds names in any case, the old name too, and parts of ids") {
    World world = one_of_each();
    CHECK(world.numbers(search("BET")) == Numbers{2});
    CHECK(world.numbers(search("old")) == Numbers{4}); // as it is known
    CHECK(world.numbers(search("taken")) == Numbers{4});
    CHECK(world.numbers(search("005")) == Numbers{5});
    CHECK(world.numbers(search(key_id(3).to_string())) == Numbers{3});
    CHECK(world.numbers(search("nobody")).empty());
    world.known.push_back(seen(KeyId::parse("abcdefabcdefabcdefabcdef").value(), "x", true));
    CHECK(world.table(search("ABCDEF")).matching == 1);
}

TEST_CASE("key table: a filter narrows the rows, not the counts") {
    const World world = one_of_each();
    KeyQuery query;
    query.state = RowState::rejected;
    CHECK(world.numbers(query) == Numbers{4});
    CHECK(world.table(query).managed() == 4);
    KeyQuery managed;
    managed.managed = true;
    CHECK(world.numbers(managed) == Numbers{4, 2, 3, 1});
}

TEST_CASE("key table: pages, each key on one of them, and one beyond the last is the last") {
    World world;
    for (unsigned n = 1; n <= 120; ++n) {
        world.wanted.push_back({key_id(n), "same", true});
    }
    for (const bool descending : {false, true}) {
        Numbers all;
        for (std::size_t page = 1; page <= 3; ++page) {
            KeyQuery query = sorted(KeyOrder::name, descending);
            query.page = page;
            const Numbers numbers = world.numbers(query);
            CHECK(numbers.size() == (page < 3 ? 50 : 20));
            all.insert(all.end(), numbers.begin(), numbers.end());
        }
        CHECK(
            std::ranges::is_sorted(all, [&](unsigned a, unsigned b) { return descending ? a > b : a < b; }));
        CHECK(std::ranges::adjacent_find(all) == all.end());
        CHECK(all.size() == 120);
    }
    KeyQuery beyond;
    beyond.page = 99;
    const KeyTable table = world.table(beyond);
    CHECK(table.page == 3);
    CHECK(table.first() == 100);
    CHECK(table.rows.size() == 20);
}
