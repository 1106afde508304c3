// SPDX-License-Identifier: Apache-2.0
#include "config/desired_state.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;

namespace {
KeyId id(const char* text) {
    return KeyId::parse(text).value();
}
} // namespace

TEST_CASE("desired state: keys come out sorted and are found by id") {
    DesiredState::Builder builder;
    const auto file = builder.add_file("keys.yaml");
    builder.add(id("bbbbbbbbbbbbbbbbbbbbbbbb"), "second", std::nullopt, file, 7);
    builder.add(id("aaaaaaaaaaaaaaaaaaaaaaaa"), std::nullopt, true, file, 4);
    const DesiredState state = std::move(builder).build("sha256:0");

    REQUIRE(state.keys().size() == 2);
    CHECK(state.keys()[0].id == id("aaaaaaaaaaaaaaaaaaaaaaaa"));
    CHECK_FALSE(state.keys()[0].name);
    const DesiredKey* second = state.find(id("bbbbbbbbbbbbbbbbbbbbbbbb"));
    REQUIRE(second != nullptr);
    CHECK(second->name == "second");
    CHECK_FALSE(second->enabled);
    CHECK(state.where(*second) == "keys.yaml:7");
    CHECK(state.find(id("cccccccccccccccccccccccc")) == nullptr);
}

TEST_CASE("desired state: names survive a move of the state, short ones too") {
    DesiredState::Builder builder;
    builder.add(id("aaaaaaaaaaaaaaaaaaaaaaaa"), "x", true, builder.add_file("f"), 1);
    DesiredState first = std::move(builder).build("");
    const DesiredState second = std::move(first);
    CHECK(second.keys()[0].name == "x");
}
