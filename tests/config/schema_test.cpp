// SPDX-License-Identifier: Apache-2.0
#include "config/schema.hpp"

#include "config/desired_loader.hpp"

#include "tests/config/lines.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <catch2/catch.hpp>

#include <sstream>
#include <string>
#include <vector>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

Poco::JSON::Object::Ptr parsed_schema() {
    Poco::JSON::Parser parser;
    return parser.parse(std::string(desired_schema())).extract<Poco::JSON::Object::Ptr>();
}

} // namespace

TEST_CASE("schema: is JSON of the 2020-12 dialect and ends with a newline") {
    CHECK(desired_schema().ends_with("}\n"));
    const auto schema = parsed_schema();
    CHECK(schema->getValue<std::string>("$schema") == "https://json-schema.org/draft/2020-12/schema");
    CHECK_FALSE(schema->getValue<bool>("additionalProperties"));
    const auto key = schema->getObject("$defs")->getObject("key");
    CHECK_FALSE(key->getValue<bool>("additionalProperties"));
    CHECK(key->getArray("required")->size() == 1);
}

TEST_CASE("schema: has the fields that the loader knows, and no other") {
    const auto schema = parsed_schema();
    CHECK(schema->getObject("properties")->getNames() == std::vector<std::string>{"keys", "version"});
    CHECK(schema->getObject("$defs")->getObject("key")->getObject("properties")->getNames() ==
          std::vector<std::string>{"enabled", "enabled_from", "enabled_until", "id", "name"});
}

TEST_CASE("schema: its own examples load") {
    const auto examples = parsed_schema()->getArray("examples");
    REQUIRE(examples->size() == 1);
    std::ostringstream text;
    examples->getObject(0)->stringify(text);
    const auto loaded = parse_desired(text.str(), "example", now);
    CHECK(loaded.diagnostics.empty());
    REQUIRE(loaded);
    CHECK(loaded.value->keys().size() == 2);
}
