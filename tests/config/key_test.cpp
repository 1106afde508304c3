// SPDX-License-Identifier: Apache-2.0
#include "config/key.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <set>

using apikeyd::KeyId;

TEST_CASE("key: an id is read in any case and written in lower case") {
    const auto id = KeyId::parse("5E5677d71BDC2ae76344968C");
    REQUIRE(id);
    CHECK(id->to_string() == "5e5677d71bdc2ae76344968c");
    CHECK(*id == KeyId::parse("5e5677d71bdc2ae76344968c"));
}

TEST_CASE("key: anything but 24 hex digits is no id") {
    const char* text =
        GENERATE("", "5e5677d71bdc2ae76344968", "5e5677d71bdc2ae76344968c0", "5e5677d71bdc2ae76344968g",
                 "5e5677d71bdc2ae76344968 ", " 5e5677d71bdc2ae76344968", "0x5677d71bdc2ae76344968c");
    CAPTURE(text);
    CHECK_FALSE(KeyId::parse(text));
}

TEST_CASE("key: ids are ordered as their bytes") {
    const auto low = KeyId::parse("00ffffffffffffffffffffff");
    const auto high = KeyId::parse("ff0000000000000000000000");
    REQUIRE((low && high));
    CHECK(*low < *high);
    CHECK(*KeyId::parse("0102030405060708090a0b0c") < *KeyId::parse("0102030405060708090a0b0d"));
    CHECK(*KeyId::parse("010203040506070800000000") > *KeyId::parse("0102030405060707ffffffff"));
    CHECK(*KeyId::parse("0000000000000000ff000000") > *KeyId::parse("000000000000000000ffffff"));
    CHECK(*low <= *low);
    CHECK(std::hash<KeyId>{}(*low) != std::hash<KeyId>{}(*high));
}

TEST_CASE("key: ids that differ in their counter alone spread over a table that uses the low bits") {
    std::set<std::size_t> slots;
    for (int counter = 0; counter < 4096; ++counter) {
        slots.insert(std::hash<KeyId>{}(*KeyId::parse(fmt::format("5e5677d71bdc2ae763{:06x}", counter))) %
                     4096);
    }
    CHECK(slots.size() > 2000); // at random: 2589
}
