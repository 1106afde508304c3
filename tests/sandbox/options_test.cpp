// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/options.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace apikeyd;
using namespace apikeyd::sandbox;

namespace {

std::variant<Options, Exit> parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "apikeyd-sandbox");
    return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

} // namespace

TEST_CASE("options: without any, the quickstart's server") {
    const auto parsed = parse({});
    REQUIRE(std::holds_alternative<Options>(parsed));
    const auto& options = std::get<Options>(parsed);
    CHECK(options.token == "sandbox-token");
    CHECK(options.base == "/rest/v1");
    CHECK(options.threads == 64);
    CHECK(options.latency.count() == 0);
    CHECK_FALSE(options.count);
    CHECK_FALSE(options.token_key);
}

TEST_CASE("options: what was given arrives") {
    const auto parsed = parse({"--port", "8099", "--count", "5", "--token-key", "5E5677D71BDC2AE76344968C",
                               "--latency", "20", "--faults", "429*2", "--base", "", "--quiet"});
    REQUIRE(std::holds_alternative<Options>(parsed));
    const auto& options = std::get<Options>(parsed);
    CHECK(options.port == 8099);
    CHECK(options.count == 5);
    CHECK(options.token_key->to_string() == "5e5677d71bdc2ae76344968c");
    CHECK(options.latency.count() == 20);
    CHECK(options.faults == "429*2");
    CHECK(options.base.empty());
    CHECK(options.quiet);
}

TEST_CASE("options: wrong usage ends with 64") {
    const auto arguments = GENERATE(
        std::vector<const char*>{"--port", "65536"}, std::vector<const char*>{"--bind", "0.0.0.0"},
        std::vector<const char*>{"--keys", "a", "--count", "2"},
        std::vector<const char*>{"--token", "with blank"}, std::vector<const char*>{"--token-key", "5e"},
        std::vector<const char*>{"--tls-cert", "a"}, std::vector<const char*>{"--base", "rest"},
        std::vector<const char*>{"--base", "/sandbox/v1"}, std::vector<const char*>{"--threads", "0"},
        std::vector<const char*>{"--faults", "@/nonexistent/faults"});
    CAPTURE(arguments);
    const auto parsed = parse(arguments);
    REQUIRE(std::holds_alternative<Exit>(parsed));
    CHECK(std::get<Exit>(parsed).code == 64);
    CHECK_FALSE(std::get<Exit>(parsed).text.empty());
}

TEST_CASE("options: help is no error") {
    const auto parsed = parse({"--help"});
    REQUIRE(std::holds_alternative<Exit>(parsed));
    CHECK(std::get<Exit>(parsed).code == 0);
}
