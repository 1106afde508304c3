// SPDX-License-Identifier: Apache-2.0
// A token that the operator put where something else belongs: it is refused, and not repeated.
#include "config/desired_loader.hpp"
#include "config/desired_merger.hpp"
#include "config/secret_words.hpp"
#include "config/settings.hpp"
#include "config/text_file.hpp"

#include "tests/config/lines.hpp"
#include "tests/config/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

const std::string token = "zqXtokenBwjhp-0123456789-abcdefghij";

std::string all_text(const std::vector<Diagnostic>& diagnostics) {
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics) {
        text += render_diagnostic(diagnostic, false);
    }
    return text;
}

// Refused with words that have nothing of the token in them.
void check_not_shown(const std::vector<Diagnostic>& diagnostics) {
    const std::string text = all_text(diagnostics);
    CAPTURE(text);
    CHECK_FALSE(text.empty());
    CHECK(text.find("Bwjhp") == std::string::npos);
    CHECK(text.find("abcdefghij") == std::string::npos);
}

// The token in place of each '$'.
std::string with_token(std::string_view form) {
    std::string text;
    for (const char c : form) {
        text += c == '$' ? token : std::string(1, c);
    }
    return text;
}

void check_concealed(const std::string& text) {
    const auto loaded = parse_desired(text, "f", now);
    CHECK_FALSE(loaded);
    check_not_shown(loaded.diagnostics);
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
        CHECK(diagnostic.excerpt.empty());
        CHECK(diagnostic.caret == 0);
    }
    check_not_shown(merge_desired(text, "f", {}, now).diagnostics);
}

} // namespace

TEST_CASE("misplaced token: a file that holds one is no desired file, and no line of it is shown") {
    for (const char* form : {"$",
                             "$\n",
                             "$\r\n",
                             "$\r",
                             "\n$\n",
                             "'$'\n",
                             "\"$",
                             "'$\n",
                             "%$\n",
                             "@$\n",
                             "*$\n",
                             "&$\n",
                             "!$\n",
                             "&$ x\n",
                             "{$}\n",
                             "[$\n",
                             "[$]\n",
                             "- $\n",
                             "? $\n",
                             "$:\n",
                             "$: x\n",
                             "$\n$\n",
                             "$\n---\n$\n",
                             "--- $\n",
                             "\t$\n",
                             "|$\n",
                             "$\x01\n",
                             "\xff$\n",
                             "user: $: x\n",
                             "key: $\n",
                             "Bearer $\n",
                             "}$\n",
                             "\"\\q$\"\n",
                             "<<: $\n",
                             "-----BEGIN\n$\n-----END\n",
                             "\xEF\xBB\xBF$\n"}) {
        CAPTURE(std::string(form));
        check_concealed(with_token(form));
    }
    check_concealed(token + std::string("\0\n", 2));
}

TEST_CASE("misplaced token: what a token file is taken for is told all the same") {
    CHECK(lines(parse_desired(token, "f", now).diagnostics) ==
          Lines{"f:1:1: the file is a single value, not a mapping"});
    CHECK(lines(parse_desired(token + ": x", "f", now).diagnostics).front() ==
          "f:1:1: unknown field of 35 characters");
}

TEST_CASE("misplaced token: a desired file with an error is quoted, even one that is no YAML") {
    for (const char* text :
         {"version: 2\nkeys: []\n", "version: 1\nkeys: [\n", "{\"version\": 1, \"keys\": [}", "keys: '\n",
          "{\n  \"keys\": [],\n  \"version\": 2\n}\n", "version: 1\rkeys: []\n", "'version': 1\nx\n",
          "  versoin: 1\n  keys: 3\n", "an_unknown_long_name: 1\nversion: 2\nkeys: []\n"}) {
        CAPTURE(text);
        const auto loaded = parse_desired(text, "f", now);
        CHECK_FALSE(loaded);
        CHECK(std::ranges::any_of(loaded.diagnostics, [](const Diagnostic& d) { return d.caret != 0; }));
    }
}

TEST_CASE("misplaced token: as the value of a setting it is described, wherever it is said") {
    for (const SettingInfo& info : setting_table()) {
        CAPTURE(std::string(info.path));
        const std::string path(info.path);
        const bool takes_anything = path == "keys" || path == "state" || path.ends_with("_file");
        SettingSources sources;
        sources.settings_file = "/nonexistent/apikeyd.yaml";
        sources.environment[std::string(info.env)] = token;
        sources.flags[path] = "Bearer " + token;
        const Loaded<Settings> loaded = load_settings(sources);
        const std::size_t wrong = takes_anything                   ? 0
                                  : path == "status.allowed_hosts" ? 1
                                                                   : 2; // it may be a name
        CHECK(loaded.diagnostics.size() == wrong);
        if (!takes_anything) {
            check_not_shown(loaded.diagnostics);
        }
    }
}

TEST_CASE("misplaced token: the settings file shows neither it nor its line") {
    const TemporaryFolder folder;
    SettingSources sources;
    for (const char* form :
         {"log:\n  level: $\n", "reconcile:\n  refresh: '$'\n", "guard:\n  allow_self_disable: '$'\n",
          "$: x\n", "log:\n  $:\n", "$\n", "api: {timeout: $}\n"}) {
        CAPTURE(std::string(form));
        sources.settings_file = folder.write("apikeyd.yaml", with_token(form));
        check_not_shown(load_settings(sources).diagnostics);
    }
}

TEST_CASE("misplaced token: as a path to nothing it is not named") {
    CHECK(lines(load_desired(token, now).diagnostics) ==
          Lines{"(a path of 35 characters): can't open the file: No such file or directory"});
    check_not_shown(load_desired("eyJ0e." + token + "/" + token, now).diagnostics);
    SettingSources sources;
    sources.settings_file = token;
    sources.settings_file_required = true;
    check_not_shown(load_settings(sources).diagnostics);
    for (const std::string path : {"/etc/apikeyd/keys-2026", "keys-2026-production.yaml", "./keys-2026-of-us",
                                   "../keys-2026-of-us", "the-desired-keys", "keys-2026"}) {
        CHECK(name_to_show(path) == path);
    }
}

TEST_CASE("misplaced token: what may be one is long, without blanks, and near no known word") {
    const std::array<std::string_view, 1> known{"allow_self_disable"};
    CHECK(may_be_token("0123456789abcdef"));
    CHECK_FALSE(may_be_token("0123456789abcde"));
    CHECK_FALSE(may_be_token("01234567 89abcdef"));
    CHECK(may_be_token("Bearer 0123456789abcdef"));
    CHECK(may_be_token("alow_self_disable"));
    CHECK_FALSE(may_be_token("alow_self_disable", known));
    CHECK(quote_unless_token("allways") == "'allways'");
    CHECK(quote_unless_token("0123456789abcdéf") == "a value of 16 characters");
}
