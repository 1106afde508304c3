// SPDX-License-Identifier: Apache-2.0
#include "config/desired_loader.hpp"

#include "tests/config/lines.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

const std::string head = "version: 1\nkeys:\n";
const std::string id_c = "5e5677d71bdc2ae76344968c";
const std::string id_d = "5e5677d71bdc2ae76344968d";

// What is said about a file with one key, of which `fields` are the lines after the id (line 4 on).
Lines about(const std::string& fields) {
    return lines(parse_desired(head + "  - id: " + id_c + "\n" + fields, "f", now).diagnostics);
}

Lines about_file(const std::string& text) {
    return lines(parse_desired(text, "f", now).diagnostics);
}

std::string hint_of(const std::string& text) {
    const auto diagnostics = parse_desired(text, "f", now).diagnostics;
    return diagnostics.empty() ? "" : diagnostics.front().hint;
}

} // namespace

TEST_CASE("desired loader: a file becomes its keys, with their lines") {
    const auto loaded = parse_desired("version: 1\n"
                                      "keys:\n"
                                      "  - id: 5E5677D71BDC2AE76344968D # any case\n"
                                      "    name: mobile-app\n"
                                      "  - enabled: false\n"
                                      "    id: '5e5677d71bdc2ae76344968c'\n"
                                      "    name: \"b\\u00e9 \"\n",
                                      "keys.yaml", now);
    REQUIRE(loaded);
    CHECK(loaded.diagnostics.empty());
    const auto keys = loaded.value->keys();
    REQUIRE(keys.size() == 2);
    CHECK(keys[0].id.to_string() == id_c);
    CHECK(keys[0].name == "bé ");
    CHECK(keys[0].enabled == false);
    CHECK(loaded.value->where(keys[0]) == "keys.yaml:5");
    CHECK(keys[1].id.to_string() == id_d);
    CHECK(keys[1].name == "mobile-app");
    CHECK_FALSE(keys[1].enabled);
    CHECK(loaded.value->where(keys[1]) == "keys.yaml:3");
}

TEST_CASE("desired loader: JSON, CRLF and a byte order mark are the same file") {
    for (const std::string text :
         {R"({"version":1,"keys":[{"id":"5e5677d71bdc2ae76344968c","name":"a","enabled":true}]})",
          "version: 1\r\nkeys:\r\n- id: 5e5677d71bdc2ae76344968c\r\n  name: a\r\n  enabled: true\r\n",
          "\xEF\xBB\xBFversion: 1\nkeys:\n- {id: 5e5677d71bdc2ae76344968c, name: a, enabled: true}\n",
          "---\nkeys:\n- name: a\n  enabled: true\n  id: 5e5677d71bdc2ae76344968c\nversion: 1\n...\n"}) {
        CAPTURE(text);
        const auto loaded = parse_desired(text, "f", now);
        CHECK(lines(loaded.diagnostics).empty());
        REQUIRE(loaded);
        REQUIRE(loaded.value->keys().size() == 1);
        CHECK(loaded.value->keys()[0].name == "a");
        CHECK(loaded.value->keys()[0].enabled == true);
    }
}

TEST_CASE("desired loader: the digest is that of the file's bytes") {
    const auto loaded = parse_desired("version: 1\nkeys: []\n", "f", now);
    REQUIRE(loaded);
    CHECK(loaded.value->keys().empty());
    // printf 'version: 1\nkeys: []\n' | sha256sum
    CHECK(loaded.value->digest() ==
          "sha256:b3672106b483b27a7c8887cb58ba95d4e4740464dedc08fb68e3be19d7b2178c");
}

TEST_CASE("desired loader: the version must be there and be 1") {
    CHECK(about_file("keys: []\n") == Lines{"f:1:1: 'version' is missing"});
    CHECK(hint_of("keys: []\n") == "write 'version: 1'");
    CHECK(about_file("version: 2\nkeys: []\n") == Lines{"f:1:10: version '2' is not known, only version 1"});
    CHECK(about_file("version: 01\nkeys: []\n") ==
          Lines{"f:1:10: version '01' is not known, only version 1"});
    CHECK(about_file("version: 1.0\nkeys: []\n") ==
          Lines{"f:1:10: version '1.0' is not known, only version 1"});
    CHECK(about_file("version: '1'\nkeys: []\n") == Lines{"f:1:10: the version is a number, not a text"});
    CHECK(about_file("version:\nkeys: []\n") == Lines{"f:1:1: 'version' has no value"});
    CHECK(about_file("version: [1]\nkeys: []\n") ==
          Lines{"f:1:10: 'version' must be a single value, not a list"});
}

TEST_CASE("desired loader: keys must be a list; an empty one is written as such") {
    CHECK(about_file("version: 1\nkeys: []\n").empty());
    CHECK(about_file("version: 1\n") == Lines{"f:1:1: 'keys' is missing"});
    CHECK(about_file("version: 1\nkeys:\n") == Lines{"f:2:1: 'keys' has no value"});
    CHECK(hint_of("version: 1\nkeys:\n") == "write '- id: ...' for each key, or 'keys: []' for none");
    CHECK(about_file("version: 1\nkeys: ~\n") == Lines{"f:2:7: 'keys' has no value"});
    CHECK(about_file("version: 1\nkeys: none\n") ==
          Lines{"f:2:7: 'keys' must be a list, not a single value"});
    CHECK(about_file("version: 1\nkeys:\n  id: x\n") == Lines{"f:3:3: 'keys' must be a list, not a mapping"});
}

TEST_CASE("desired loader: a file is a mapping with content") {
    CHECK(about_file("") == Lines{"f: the file has no content"});
    CHECK(about_file("# nothing\n---\n") == Lines{"f: the file has no content"});
    CHECK(about_file("- id: x\n") == Lines{"f:1:1: the file is a list, not a mapping"});
    CHECK(about_file("hello\n") == Lines{"f:1:1: the file is a single value, not a mapping"});
}

TEST_CASE("desired loader: each item is a mapping with an id") {
    CHECK(about_file(head + "  - name: a\n") == Lines{"f:3:5: this key has no id"});
    CHECK(about_file(head + "  - " + id_c + "\n") ==
          Lines{"f:3:5: '5e5677d71bdc2ae76344968c' stands where a key should"});
    CHECK(hint_of(head + "  - " + id_c + "\n") == "write '- id: 5e5677d71bdc2ae76344968c'");
    CHECK(about_file(head + "  -\n  - [x]\n") ==
          Lines{"f:3:3: an empty item stands where a key should", "f:4:5: a list stands where a key should"});
    CHECK(about_file(head + "  - {}\n") == Lines{"f:3:5: this key has no id"});
}

TEST_CASE("desired loader: an id is 24 hex digits, taken as it is written") {
    for (const std::string id : {"123456789012345678901234", "0x3456789012345678901234",
                                 "5e5677000000000000000000", "000000000000000000000012"}) {
        const auto loaded = parse_desired(head + "  - id: " + id + "\n    name: a\n", "f", now);
        if (id.starts_with("0x")) {
            CHECK(lines(loaded.diagnostics) == Lines{"f:3:9: '0x3456789012345678901234' is not an id"});
        } else {
            REQUIRE(loaded);
            CHECK(loaded.value->keys()[0].id.to_string() == id);
        }
    }
    CHECK(about_file(head + "- id: 5e56\n  name: a\n") == Lines{"f:3:7: '5e56' is not an id"});
    CHECK(about_file(head + "- id:\n  name: a\n") == Lines{"f:3:3: 'id' has no value"});
    CHECK(about_file(head + "- id: {a: 1}\n  name: a\n") ==
          Lines{"f:3:7: 'id' must be a single value, not a mapping"});
}

TEST_CASE("desired loader: a name is a line of text") {
    CHECK(about("    name: ''\n") == Lines{"f:4:11: the name is empty"});
    for (const std::string null : {"", " ~", " null", " NULL"}) {
        const auto diagnostics =
            parse_desired(head + "  - id: " + id_c + "\n    name:" + null + "\n", "f", now);
        REQUIRE(diagnostics.diagnostics.size() == 1);
        CHECK(diagnostics.diagnostics[0].message == "'name' has no value");
        CHECK(diagnostics.diagnostics[0].hint ==
              "leave the field out to not manage the name; quote it to use the word");
    }
    CHECK(about("    name: \"a\\0b\"\n") == Lines{"f:4:11: the name has a control character, U+0000"});
    CHECK(about("    name: \"a\\x1b[31m\"\n") == Lines{"f:4:11: the name has a control character, U+001B"});
    CHECK(about("    name: \"a\\u0085\"\n") == Lines{"f:4:11: the name has a control character, U+0085"});
    CHECK(about("    name: \"a\\u2028\"\n") == Lines{"f:4:11: the name has a control character, U+2028"});
    CHECK(about("    name: |\n      a\n") == Lines{"f:4:11: the name has a control character, U+000A"});
    CHECK(about("    name: [a]\n") == Lines{"f:4:11: 'name' must be a single value, not a list"});
}

TEST_CASE("desired loader: names are taken as they are written, whatever they look like") {
    for (const auto& [written, name] :
         std::vector<std::pair<std::string, std::string>>{{"123", "123"},
                                                          {"0123", "0123"},
                                                          {"1e3", "1e3"},
                                                          {"true", "true"},
                                                          {"yes", "yes"},
                                                          {"'null'", "null"},
                                                          {"'~'", "~"},
                                                          {"2026-01-01", "2026-01-01"},
                                                          {"a#b", "a#b"},
                                                          {"a # b", "a"},
                                                          {">-\n      a\n      b", "a b"},
                                                          {"é日😀", "é日😀"}}) {
        CAPTURE(written);
        const auto loaded =
            parse_desired(head + "  - id: " + id_c + "\n    name: " + written + "\n", "f", now);
        CHECK(lines(loaded.diagnostics).empty());
        REQUIRE(loaded);
        CHECK(loaded.value->keys()[0].name == name);
    }
}

TEST_CASE("desired loader: a name that reads as another is loaded with a warning") {
    const auto loaded = parse_desired(head + "  - id: " + id_c + "\n    name: a\u202eb\n", "f", now);
    CHECK(loaded);
    CHECK(lines(loaded.diagnostics) == Lines{"f:4:11: the name has an invisible character, U+202E"});
    CHECK(loaded.diagnostics[0].severity == Severity::warning);
}

TEST_CASE("desired loader: enabled is true or false and nothing that resembles them") {
    for (const std::string word : {"yes", "no", "on", "off", "y", "True", "TRUE", "0", "1", "ture"}) {
        const auto loaded =
            parse_desired(head + "  - id: " + id_c + "\n    enabled: " + word + "\n", "f", now);
        CHECK_FALSE(loaded);
        CHECK(lines(loaded.diagnostics) == Lines{"f:4:14: '" + word + "' is not a boolean"});
        CHECK(loaded.diagnostics[0].hint == "write true or false");
    }
    CHECK(about("    enabled: 'true'\n") == Lines{"f:4:14: 'true' in quotes is a text, not a boolean"});
    CHECK(about("    enabled:\n") == Lines{"f:4:5: 'enabled' has no value"});
    CHECK(about("    enabled: {}\n") == Lines{"f:4:14: 'enabled' must be a single value, not a mapping"});
}

TEST_CASE("desired loader: a key of which nothing is managed is a warning") {
    const auto loaded = parse_desired(head + "  - id: " + id_c + "\n", "f", now);
    CHECK(loaded);
    CHECK(lines(loaded.diagnostics) ==
          Lines{"f:3:5: nothing of this key is managed: it has neither name nor enabled"});
    CHECK(loaded.diagnostics[0].severity == Severity::warning);
}

TEST_CASE("desired loader: an unknown field is named with the one that was meant") {
    const std::string text = head + "  - id: " + id_c + "\n    enabld: true\n    name: a\n";
    const auto loaded = parse_desired(text, "f", now);
    CHECK_FALSE(loaded);
    REQUIRE(loaded.diagnostics.size() == 1);
    CHECK(render_diagnostic(loaded.diagnostics[0], false) == "f:4:5: error: unknown field 'enabld'\n"
                                                             "  4 |     enabld: true\n"
                                                             "    |     ^\n"
                                                             "  hint: did you mean enabled?\n");
    CHECK(hint_of(head + "- id: " + id_c + "\n  disabled: true\n") ==
          "write 'enabled: false' to disable the key");
    CHECK(hint_of(head + "- id: " + id_c + "\n  owner: me\n") ==
          "known here: id, name, enabled, enabled_from, enabled_until");
    CHECK(hint_of(head + "- id: " + id_c + "\n  enabledUntil: x\n") == "did you mean enabled_until?");
    CHECK(hint_of(head + "- id: " + id_c + "\n  enable_form: x\n") == "did you mean enabled_from?");
    CHECK(hint_of(head + "- id: " + id_c + "\n  expires: x\n") == "did you mean enabled_until?");
    CHECK(hint_of(head + "- id: " + id_c + "\n  not_before: x\n") == "did you mean enabled_from?");
    CHECK(about_file("version: 1\nkeys: []\nname: a\n") == Lines{"f:3:1: unknown field 'name'"});
    CHECK(hint_of("version: 1\nkeys: []\nkeyz: a\n") == "did you mean keys?");
}

TEST_CASE("desired loader: the line of a field that may hold a secret is never shown") {
    const auto loaded =
        parse_desired(head + "  - id: " + id_c +
                          "\n    secret: s3cr3t\n    Token: {a: s3cr3t,\n b: s3cr3t}\n    enabled: yes\n",
                      "f", now);
    std::string all;
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
        all += render_diagnostic(diagnostic, false);
    }
    CHECK(all.find("s3cr3t") == std::string::npos);
    CHECK(lines(loaded.diagnostics) == Lines{"f:4:5: unknown field 'secret'", "f:5:5: unknown field 'Token'",
                                             "f:7:14: 'yes' is not a boolean"});
    CHECK(loaded.diagnostics.back().excerpt == "    enabled: yes");
}

TEST_CASE("desired loader: a field given twice is an error") {
    CHECK(about("    name: a\n    enabled: true\n    name: b\n") ==
          Lines{"f:6:5: 'name' is given twice, first in line 4"});
    CHECK(about_file("version: 1\nkeys: []\nversion: 1\n") ==
          Lines{"f:3:1: 'version' is given twice, first in line 1"});
    CHECK(about_file("version: 1\nkeys: []\nkeys:\n  - id: x\n") ==
          Lines{"f:3:1: 'keys' is given twice, first in line 2"});
    CHECK(about("    \"enabled\": true\n    enabled: true\n") ==
          Lines{"f:5:5: 'enabled' is given twice, first in line 4"});
}

TEST_CASE("desired loader: an id given twice is reported at each place, whatever its case") {
    const auto loaded = parse_desired(head + "  - id: " + id_c +
                                          "\n    name: a\n"
                                          "  - {name: é, id: 5E5677D71BDC2AE76344968C}\n"
                                          "  - {name: c, id: 5e5677d71bdc2ae76344968c}\n",
                                      "f", now);
    CHECK_FALSE(loaded);
    CHECK(lines(loaded.diagnostics) == Lines{"f:3:9: id 5e5677d71bdc2ae76344968c is also at f:5:19",
                                             "f:5:19: id 5e5677d71bdc2ae76344968c is also at f:3:9",
                                             "f:6:19: id 5e5677d71bdc2ae76344968c is also at f:3:9"});
    CHECK(loaded.diagnostics[0].excerpt == "  - id: 5e5677d71bdc2ae76344968c");
    CHECK(loaded.diagnostics[0].caret == 9);
}

TEST_CASE("desired loader: every error of a file is reported, up to one of syntax") {
    CHECK(about_file("version: 3\n"
                     "keys:\n"
                     "  - id: 12\n"
                     "    enabled: yes\n"
                     "  - name: a\xff\n"
                     "    enabled: 'no'\n"
                     "  - id: *x\n"
                     "  - id: never looked at\n") ==
          Lines{"f:1:10: version '3' is not known, only version 1", "f:3:9: '12' is not an id",
                "f:4:14: 'yes' is not a boolean", "f:5:12: byte 0xFF is not valid UTF-8",
                "f:6:14: 'no' in quotes is a text, not a boolean", "f:7:9: aliases are not allowed"});
}

TEST_CASE("desired loader: aliases, anchors, tags and merge keys are errors") {
    CHECK(about("    name: &n a\n    enabled: !!bool true\n") ==
          Lines{"f:4:11: anchors are not allowed", "f:5:14: tags are not allowed"});
    CHECK(about("    <<: {name: a}\n    name: a\n") == Lines{"f:4:5: merge keys ('<<') are not allowed"});
    CHECK(about_file("version: 1\nkeys: &k\n  - id: " + id_c + "\n    name: a\nmore: *k\n") ==
          Lines{"f:2:7: anchors are not allowed", "f:5:1: unknown field 'more'"});
}

TEST_CASE("desired loader: a second document is an error") {
    CHECK(about_file("version: 1\nkeys: []\n---\nversion: 1\nkeys: []\n") ==
          Lines{"f:3:1: a second document begins here"});
}

TEST_CASE("desired loader: columns count characters, not bytes") {
    CHECK(about_file("version: 1\nkeys:\n- {name: é日😀, enabled: no, id: 12}\n") ==
          Lines{"f:3:24: 'no' is not a boolean", "f:3:32: '12' is not an id"});
}
