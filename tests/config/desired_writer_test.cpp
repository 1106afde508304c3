// SPDX-License-Identifier: Apache-2.0
#include "config/desired_writer.hpp"

#include "config/desired_loader.hpp"
#include "tests/config/hostile_names.hpp"
#include "tests/config/lines.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

const KeyId id_c = *KeyId::parse("5e5677d71bdc2ae76344968c");
const KeyId id_d = *KeyId::parse("5e5677d71bdc2ae76344968d");

// What comes back of keys that are written and read again.
void require_round_trip(const std::vector<ImportedKey>& keys) {
    const std::string text = write_desired(keys);
    CAPTURE(text);
    const auto loaded = parse_desired(text, "f", WallTime{});
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
        REQUIRE(diagnostic.severity == Severity::warning); // a deceptive name is one, and has to be
    }
    REQUIRE(loaded);
    REQUIRE(loaded.value->keys().size() == keys.size());
    for (const ImportedKey& key : keys) {
        const DesiredKey* found = loaded.value->find(key.id);
        REQUIRE(found != nullptr);
        REQUIRE(found->name == std::optional<std::string_view>(key.name));
        REQUIRE(found->enabled == key.enabled);
    }
}

} // namespace

TEST_CASE("desired writer: a file as people would write it") {
    const std::vector<ImportedKey> keys{{id_d, "mobile-app", true, "2026-01-02T03:04:05.000Z"},
                                        {id_c, "yes", false, ""},
                                        {id_d, "again", false, ""}};
    CHECK(write_desired(keys) == "version: 1\n"
                                 "\n"
                                 "keys:\n"
                                 "  - id: 5e5677d71bdc2ae76344968d # created 2026-01-02T03:04:05.000Z\n"
                                 "    name: mobile-app\n"
                                 "    enabled: true\n"
                                 "\n"
                                 "  - id: 5e5677d71bdc2ae76344968c\n"
                                 "    name: \"yes\"\n"
                                 "    enabled: false\n");
}

TEST_CASE("desired writer: no key is a file, too") {
    CHECK(write_desired({}) == "version: 1\n\nkeys: []\n");
    CHECK(parse_desired(write_desired({}), "f", WallTime{}));
}

TEST_CASE("desired writer: an id that reads as a number is quoted") {
    for (const std::string id : {"123456789012345678901234", "1234567890123456789012e4"}) {
        const std::vector<ImportedKey> keys{{*KeyId::parse(id), "a", true, ""}};
        CHECK(write_desired(keys).find("- id: \"" + id + "\"\n") != std::string::npos);
        require_round_trip(keys);
    }
}

TEST_CASE("desired writer: a name that no desired file can hold is left out, and said so") {
    for (const std::string name : {"", "a\nb", "a\rb", "\x1b[31m", "a\x7f", "\xFF", "a\u2028b", "\u0085"}) {
        CAPTURE(name);
        const std::string text = write_desired(std::vector<ImportedKey>{{id_c, name, true, "a\n\u2029\x9b"}});
        CAPTURE(text);
        CHECK(text.find("# not managed: its name ") != std::string::npos);
        const auto loaded = parse_desired(text, "f", WallTime{});
        CHECK(lines(loaded.diagnostics).empty());
        REQUIRE(loaded);
        CHECK_FALSE(loaded.value->keys()[0].name);
        CHECK(loaded.value->keys()[0].enabled == true);
    }
}

TEST_CASE("desired writer: every name comes back byte for byte") {
    for (const std::string& name : hostile_names()) {
        require_round_trip({{id_c, name, true, "2026"}, {id_d, name + " # " + name, false, ""}});
    }
    require_round_trip({{id_c, std::string(200'000, '1'), true, ""}});
}

TEST_CASE("desired writer: names put together at random come back") {
    std::mt19937 random(20260301); // NOLINT: the same each time
    for (int round = 0; round < 3'000; ++round) {
        const std::string name = random_name(random);
        if (is_writable_name(name)) {
            require_round_trip({{id_c, name, round % 2 == 0, ""}});
        }
    }
}
