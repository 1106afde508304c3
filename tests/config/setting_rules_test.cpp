// SPDX-License-Identifier: Apache-2.0
#include "config/setting_rules.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace apikeyd;

TEST_CASE("setting rules: the defaults that are listed are those in force") {
    for (const SettingRule& rule : setting_rules()) {
        CAPTURE(std::string(rule.info.path));
        if (rule.form.default_value) {
            Settings settings;
            CHECK_FALSE(rule.apply(*rule.form.default_value, settings));
            CHECK(settings == Settings{});
        }
    }
    const Settings none; // of the others, there is none to list
    CHECK(none.api.token_file.empty());
    CHECK_FALSE(none.api.self_id);
    CHECK_FALSE(none.log.format);
}

TEST_CASE("setting rules: the words that are listed are those that are taken") {
    for (const SettingRule& rule : setting_rules()) {
        CAPTURE(std::string(rule.info.path));
        if (rule.form.kind != SettingKind::word) {
            continue;
        }
        std::string hint = "one of ";
        for (const char c : rule.info.value) {
            hint += c == '|' ? std::string(", ") : std::string(1, c);
        }
        Settings settings;
        const auto problem = rule.apply("no such word", settings);
        REQUIRE(problem);
        CHECK(problem->hint == hint);
    }
}

TEST_CASE("setting rules: the limits that are listed are those that hold") {
    for (const SettingRule& rule : setting_rules()) {
        CAPTURE(std::string(rule.info.path));
        Settings settings;
        if (rule.form.least) {
            CHECK_FALSE(rule.apply(std::to_string(*rule.form.least), settings));
            CHECK(rule.apply(std::to_string(int(*rule.form.least) - 1), settings));
        }
        if (rule.form.most) {
            CHECK_FALSE(rule.apply(std::to_string(*rule.form.most), settings));
            CHECK(rule.apply(std::to_string(*rule.form.most + 1), settings));
        }
    }
}
