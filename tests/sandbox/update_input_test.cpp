// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/update_input.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::sandbox;

namespace {

const std::string id = "5e5677d71bdc2ae76344968c";

UpdateCall call(std::string input) {
    return {"application/json", {{"id", id}}, R"({"input":)" + input + "}"};
}

std::string with_id(const std::string& more) {
    return R"({"id":")" + id + '"' + more + '}';
}

Refusal refusal(const UpdateCall& request) {
    const auto read = read_update(request);
    REQUIRE(std::holds_alternative<Refusal>(read.result));
    return std::get<Refusal>(read.result);
}

constexpr const char* invalid_value = "Variable \"$input\" got invalid value ";

} // namespace

TEST_CASE("update: only the id is required, and what is left out is left alone") {
    const auto [input, name, enabled] =
        GENERATE(table<std::string, std::optional<std::string>, std::optional<bool>>({
            {with_id(""), std::nullopt, std::nullopt},
            {with_id(R"(,"enabled":false)"), std::nullopt, false},
            {with_id(R"(,"name":"billing \u00fc")"), "billing ü", std::nullopt},
            {with_id(R"(,"name":"a","enabled":true)"), "a", true},
        }));
    CAPTURE(input);
    const auto read = read_update(call(input));
    REQUIRE(std::holds_alternative<Update>(read.result));
    const auto& update = std::get<Update>(read.result);
    CHECK(update.id.to_string() == id);
    CHECK(update.name == name);
    CHECK(update.enabled == enabled);
    CHECK(update.is_probe() == (!name && !enabled));
}

TEST_CASE("update: ids are the same in any case, and content types have parameters") {
    auto request = call(with_id(""));
    request.query = {{"id", "5E5677D71BDC2AE76344968C"}};
    request.content_type = "Application/JSON; charset=utf-8";
    CHECK(std::holds_alternative<Update>(read_update(request).result));
}

TEST_CASE("update: an input that doesn't fit is a 500 with the message of the variable") {
    const auto input =
        GENERATE(std::string("1"), std::string(R"("text")"), std::string("[]"), std::string("{}"),
                 std::string(R"({"name":"a"})"), std::string(R"({"id":null})"), std::string(R"({"id":5})"),
                 std::string(R"({"id":"5e56"})"), with_id(R"(,"enabled":"true")"), with_id(R"(,"enabled":1)"),
                 with_id(R"(,"enabled":null)"), with_id(R"(,"name":5)"), with_id(R"(,"name":null)"),
                 with_id(R"(,"name":"")"), with_id(R"(,"secret":"s")"), with_id(R"(,"Name":"a")"));
    CAPTURE(input);
    const auto refused = refusal(call(input));
    CHECK(refused.status == 500);
    CHECK(refused.code == "BAD_USER_INPUT");
    CHECK(refused.message.starts_with(invalid_value));
}

TEST_CASE("update: the message says what is wrong where") {
    CHECK(refusal(call(with_id(R"(,"enabled":"yes")"))).message ==
          R"(Variable "$input" got invalid value "yes" at "input.enabled"; )"
          R"(Boolean cannot represent a non boolean value: "yes")");
}

TEST_CASE("update: a body that is not one input is a 500 as well") {
    const auto [type, body] = GENERATE(table<std::string, std::string>({
        {"application/json", ""},
        {"application/json", "{"},
        {"application/json", "[]"},
        {"application/json", "{}"},
        {"application/json", R"({"input":null})"},
        {"application/json", R"({"id":"5e5677d71bdc2ae76344968c"})"},
        {"application/json", R"({"input":{"id":"5e5677d71bdc2ae76344968c"},"more":1})"},
        {"application/json", R"({"input":{"id":"5e5677d71bdc2ae76344968c"}}trailing)"},
        {"text/plain", R"({"input":{"id":"5e5677d71bdc2ae76344968c"}})"},
        {"", R"({"input":{"id":"5e5677d71bdc2ae76344968c"}})"},
    }));
    CAPTURE(type, body);
    const auto refused = refusal({type, {{"id", id}}, body});
    CHECK(refused.status == 500);
    CHECK(refused.code == "BAD_USER_INPUT");
}

TEST_CASE("update: the query names the id, the same, once, and nothing else") {
    using Query = std::vector<std::pair<std::string, std::string>>;
    const auto query = GENERATE_COPY(Query{}, Query{{"id", "5e5677d71bdc2ae76344968d"}}, Query{{"id", ""}},
                                     Query{{"id", id}, {"id", id}}, Query{{"id", id}, {"name", "a"}},
                                     Query{{"id", id}, {"enabled", "true"}}, Query{{"ID", id}});
    CAPTURE(query);
    auto request = call(with_id(""));
    request.query = query;
    const auto refused = refusal(request);
    CHECK(refused.status == 400);
    CHECK(refused.code == "BAD_USER_INPUT");
}

TEST_CASE("update: an input in the query is taken in place of the body, its booleans as texts") {
    auto request = call(with_id(R"(,"enabled":true)"));
    request.query = {{"id", id}, {"input", with_id("")}};
    CHECK(refusal(request).message.starts_with(invalid_value));
    request.query = {{"id", id}, {"input[id]", id}, {"input[enabled]", "true"}};
    CHECK(refusal(request).message.starts_with(invalid_value));
    request.query = {{"id", id}, {"input[id]", id}, {"input[name]", "from the query"}};
    const auto read = read_update(request);
    REQUIRE(std::holds_alternative<Update>(read.result));
    CHECK(std::get<Update>(read.result).name == "from the query");
    CHECK_FALSE(std::get<Update>(read.result).enabled);
}

TEST_CASE("update: what was sent is kept for the journal, right or wrong") {
    const auto read = read_update(call(R"({"name":"a","id":"5e","enabled":"no"})"));
    CHECK(read.id == id);
    CHECK(read.input_json == R"({"name":"a","id":"5e","enabled":"no"})");
    CHECK(read_update({"application/json", {}, "{"}).input_json == "null");
    CHECK(read_update({"application/json", {}, R"({"input":{"id":"5e"}})"}).id == "5e");
}
