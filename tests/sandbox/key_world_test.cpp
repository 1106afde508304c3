// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/key_world.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <catch2/catch.hpp>

#include <limits>

using namespace apikeyd;
using namespace apikeyd::sandbox;

namespace {

const KeyId billing = *KeyId::parse("5e5677d71bdc2ae76344968c");
const KeyId nobody = *KeyId::parse("ffffffffffffffffffffffff");
const WallTime start = *parse_rfc3339("2026-01-01T00:00:00Z");
const WallTime later = *parse_rfc3339("2026-01-02T00:00:00.5Z");

KeyWorld world(std::optional<KeyId> token_key = std::nullopt) {
    return KeyWorld({"the-token", token_key, "marked-"}, default_keys(), start);
}

const Key& applied(KeyWorld& keys, const Update& update, const Twist& twist = {}) {
    const auto result = keys.apply(update, twist, later);
    REQUIRE(std::holds_alternative<const Key*>(result));
    return *std::get<const Key*>(result);
}

int status(const std::optional<Refusal>& refusal) {
    return refusal ? refusal->status : 200;
}

} // namespace

TEST_CASE("world: a field left out stays as it is") {
    auto keys = world();
    CHECK_FALSE(applied(keys, {billing, std::nullopt, false}).enabled);
    CHECK(keys.find(billing)->name == "billing");
    CHECK(applied(keys, {billing, "new", std::nullopt}).name == "new");
    CHECK_FALSE(keys.find(billing)->enabled);
    CHECK(keys.find(billing)->updates == 2);
}

TEST_CASE("world: updatedAt moves on a change and on a probe, not when all is so already") {
    auto keys = world();
    CHECK(applied(keys, {billing, "billing", true}).updated_at == start);
    CHECK(applied(keys, {billing, std::nullopt, std::nullopt}).updated_at == later);
    CHECK(applied(keys, {billing, std::nullopt, false}).updated_at == later + std::chrono::milliseconds{1});
    CHECK(keys.find(billing)->updates == 2);
    CHECK(keys.find(billing)->probes == 1);
    CHECK(keys.find(billing)->created_at == start);
}

TEST_CASE("world: an unknown id is a 500 with NOT_FOUND") {
    auto keys = world();
    const auto result = keys.apply({nobody, std::nullopt, true}, {}, later);
    REQUIRE(std::holds_alternative<Refusal>(result));
    CHECK(std::get<Refusal>(result).status == 500);
    CHECK(std::get<Refusal>(result).code == "NOT_FOUND");
}

TEST_CASE("world: twists store something else than was asked") {
    auto keys = world();
    const std::string secret = keys.find(billing)->secret;
    CHECK(applied(keys, {billing, "new", false}, {.ignore_enabled = true}).enabled);
    CHECK(keys.find(billing)->name == "new");
    CHECK(applied(keys, {billing, "newer", false}, {.rename = true}).name == "newer-renamed");
    CHECK(applied(keys, {billing, std::nullopt, true}, {.rename = true}).name == "newer-renamed");
    const Key& rotated = applied(keys, {billing, std::nullopt, std::nullopt}, {.new_secret = true});
    CHECK(rotated.secret != secret);
    CHECK(rotated.secret.starts_with("marked-"));
    CHECK(status(keys.authenticate(secret)) == 401);
    CHECK(status(keys.authenticate(rotated.secret)) == 200);
}

TEST_CASE("world: the token and every enabled key's secret may call") {
    auto keys = world();
    const std::string secret = keys.find(billing)->secret;
    CHECK(status(keys.authenticate("the-token")) == 200);
    CHECK(status(keys.authenticate(secret)) == 200);
    CHECK(status(keys.authenticate("")) == 401);
    CHECK(status(keys.authenticate("The-token")) == 401);
    applied(keys, {billing, std::nullopt, false});
    CHECK(status(keys.authenticate(secret)) == 403);
    CHECK(status(keys.authenticate("the-token")) == 200);
    keys.set_token("another");
    CHECK(status(keys.authenticate("the-token")) == 401);
    CHECK(status(keys.authenticate("another")) == 200);
}

TEST_CASE("world: a token that is a key's secret goes the way of the key") {
    auto keys = world(billing);
    CHECK(keys.find(billing)->secret == "the-token");
    applied(keys, {billing, std::nullopt, false});
    CHECK(status(keys.authenticate("the-token")) == 403);
    keys.change({billing, std::nullopt, true}, later);
    CHECK(status(keys.authenticate("the-token")) == 200);
    keys.set_token("another");
    CHECK(keys.find(billing)->secret == "another");
    CHECK(status(keys.authenticate("the-token")) == 401);
    applied(keys, {billing, std::nullopt, std::nullopt}, {.new_secret = true});
    CHECK(status(keys.authenticate("another")) == 401);
}

TEST_CASE("world: a change by somebody else counts no request") {
    auto keys = world();
    REQUIRE(keys.change({billing, "theirs", false}, later));
    CHECK(keys.find(billing)->name == "theirs");
    CHECK(keys.find(billing)->updated_at == later);
    CHECK(keys.find(billing)->updates == 0);
    CHECK_FALSE(keys.change({nobody, "theirs", false}, later));
}

TEST_CASE("world: keys that can't be told apart, and a token of no key, make none") {
    const KeyWorld::NewKey key{billing, "a", true, "s"};
    const KeyWorld::NewKey same_secret{nobody, "b", true, "s"};
    CHECK_THROWS_AS(KeyWorld({"t", {}, "p"}, {key, key}, start), WorldError);
    CHECK_THROWS_AS(KeyWorld({"t", {}, "p"}, {key, same_secret}, start), WorldError);
    CHECK_THROWS_AS(KeyWorld({"t", nobody, "p"}, {key}, start), WorldError);
}

TEST_CASE("world: numbered keys count in hexadecimal") {
    const auto keys = numbered_keys(300);
    REQUIRE(keys.size() == 300);
    CHECK(keys.front().id.to_string() == "000000000000000000000001");
    CHECK(keys.back().id.to_string() == "00000000000000000000012c");
    CHECK(keys.back().name == "key-300");
}

TEST_CASE("world: a list of keys is read") {
    const auto keys = parse_keys(R"([{"id":"5E5677D71BDC2AE76344968C","name":"ä"},
        {"id":"5e5677d71bdc2ae76344968d","name":"b","enabled":false,"secret":"s"}])");
    REQUIRE(keys.size() == 2);
    CHECK(keys[0].id == billing);
    CHECK(keys[0].enabled);
    CHECK_FALSE(keys[0].secret);
    CHECK_FALSE(keys[1].enabled);
    CHECK(keys[1].secret == "s");
}

TEST_CASE("world: a list of keys that is wrong is refused") {
    const auto [json, message] = GENERATE(table<const char*, const char*>({
        {"", "the keys are not a JSON list"},
        {"{}", "the keys are not a JSON list"},
        {"[1]", "key 1 of the list is not an object"},
        {R"([{"name":"a"}])", "key 1 of the list: 'id' must be a text"},
        {R"([{"id":"5e","name":"a"}])", "key 1 of the list: 'id' must be 24 hex digits"},
        {R"([{"id":"5e5677d71bdc2ae76344968c","name":""}])", "key 1 of the list: 'name' must be a text"},
        {R"([{"id":"5e5677d71bdc2ae76344968c","name":"a","enabled":1}])",
         "key 1 of the list: 'enabled' must be true or false"},
        {R"([{"id":"5e5677d71bdc2ae76344968c","name":"a","x":1}])", "key 1 of the list: 'x' is not known"},
    }));
    CAPTURE(json);
    CHECK_THROWS_WITH(parse_keys(json), message);
}

TEST_CASE("world: an ApiKey has everything that the document requires") {
    auto keys = world();
    const Key& key = applied(keys, {billing, "quote \" and \\ and ü\n", std::nullopt});
    const auto json = Poco::JSON::Parser().parse(api_key_json(key, {})).extract<Poco::JSON::Object::Ptr>();
    CHECK(json->getValue<std::string>("id") == billing.to_string());
    CHECK(json->getValue<std::string>("name") == key.name);
    CHECK(json->get("enabled").isBoolean());
    CHECK(json->getValue<std::string>("secret") == key.secret);
    CHECK(parse_rfc3339(json->getValue<std::string>("createdAt")) == start);
    CHECK(parse_rfc3339(json->getValue<std::string>("updatedAt")) == later);
    const auto organization = json->getObject("organization");
    REQUIRE(organization);
    for (const char* member : {"id", "name", "logo", "emailAddress", "createdAt", "updatedAt"}) {
        CAPTURE(member);
        CHECK(organization->has(member));
    }
}

TEST_CASE("world: an ApiKey can be rendered wrongly") {
    auto keys = world();
    const Key& key = *keys.find(billing);
    using SecretAs = KeyRendering::SecretAs;
    CHECK(api_key_json(key, {.wrong_id = true}).find("5e5677d71bdc2ae76344968d") != std::string::npos);
    CHECK(api_key_json(key, {.secret = SecretAs::nothing}).find("secret") == std::string::npos);
    CHECK(api_key_json(key, {.secret = SecretAs::number}).find(R"("secret":4711,)") != std::string::npos);
}
