// SPDX-License-Identifier: Apache-2.0
#include "config/desired_loader.hpp"
#include "config/settings.hpp"

#include "tests/config/lines.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;

TEST_CASE("examples: the desired file loads without a word") {
    const auto loaded = load_desired(APIKEYD_EXAMPLES "/keys.yaml", now);
    CHECK(lines(loaded.diagnostics).empty());
    REQUIRE(loaded);
    const auto keys = loaded.value->keys();
    REQUIRE(keys.size() == 3);
    CHECK(keys[0].id.to_string() == "5e5677d71bdc2ae76344968c");
    CHECK(keys[0].name == "billing-service");
    CHECK(keys[0].enabled == true);
    CHECK(keys[1].name == "mobile-app");
    CHECK_FALSE(keys[1].enabled);
    CHECK(keys[2].name == "legacy-import");
    CHECK(keys[2].enabled == false);
}

TEST_CASE("examples: the settings file loads, and says what the defaults are") {
    SettingSources sources;
    sources.settings_file = APIKEYD_EXAMPLES "/apikeyd.yaml";
    sources.settings_file_required = true;
    const auto loaded = load_settings(sources);
    CHECK(lines(loaded.diagnostics).empty());
    REQUIRE(loaded);
    const Settings& settings = *loaded.value;
    const Settings defaults;
    CHECK(settings.api.token_file == "/etc/apikeyd/token"); // the one thing that has no default
    CHECK(settings.api.url == defaults.api.url);
    CHECK(settings.api.ca_file == defaults.api.ca_file);
    CHECK(settings.api.timeout == defaults.api.timeout);
    CHECK(settings.api.concurrency == defaults.api.concurrency);
    CHECK(settings.api.rate_limit == defaults.api.rate_limit);
    CHECK(settings.keys == defaults.keys);
    CHECK(settings.state == defaults.state);
    CHECK(settings.reconcile.resync == defaults.reconcile.resync);
    CHECK(settings.reconcile.refresh == defaults.reconcile.refresh);
    CHECK(settings.reconcile.removed_keys == defaults.reconcile.removed_keys);
    CHECK(std::get<Percentage>(settings.guard.max_disable).value ==
          std::get<Percentage>(defaults.guard.max_disable).value);
    CHECK(settings.guard.allow_self_disable == defaults.guard.allow_self_disable);
    CHECK(settings.history.retention == defaults.history.retention);
    CHECK(settings.status == defaults.status);
    CHECK(settings.log.format == defaults.log.format);
    CHECK(settings.log.level == defaults.log.level);
}
