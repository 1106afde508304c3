// SPDX-License-Identifier: Apache-2.0
#include "config/settings.hpp"

#include "tests/config/lines.hpp"
#include "tests/config/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <set>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;

namespace {

SettingSources nothing() {
    SettingSources sources;
    sources.settings_file = "/nonexistent/apikeyd.yaml";
    return sources;
}

Loaded<Settings> with_flag(const std::string& path, const std::string& value) {
    SettingSources sources = nothing();
    sources.flags[path] = value;
    return load_settings(sources);
}

std::string all_text(const std::vector<Diagnostic>& diagnostics) {
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics) {
        text += render_diagnostic(diagnostic, false);
    }
    return text;
}

} // namespace

TEST_CASE("settings: without any source the defaults hold") {
    const auto loaded = load_settings(nothing());
    REQUIRE(loaded);
    CHECK(loaded.diagnostics.empty());
    CHECK(loaded.value->api.url == "https://api.plumaa.id/rest/v1");
    CHECK(loaded.value->api.timeout == 10s);
    CHECK(loaded.value->keys == "/etc/apikeyd/keys.yaml");
    CHECK(std::get<Percentage>(loaded.value->guard.max_disable).value == 30);
    CHECK_FALSE(loaded.value->log.format);
}

TEST_CASE("settings: the table names each setting once, in every place") {
    std::set<std::string_view> paths, flags, variables;
    for (const SettingInfo& info : setting_table()) {
        CAPTURE(info.path);
        CHECK(paths.insert(info.path).second);
        CHECK(flags.insert(info.flag).second);
        CHECK(variables.insert(info.env).second);
        CHECK(info.flag.starts_with("--"));
        CHECK(info.env.starts_with("APIKEYD_"));
        CHECK_FALSE(info.value.empty());
        CHECK_FALSE(info.help.empty());
    }
    CHECK(paths.size() == 20);
}

TEST_CASE("settings: a flag outranks the environment, that the file, that the default") {
    const TemporaryFolder folder;
    SettingSources sources;
    sources.settings_file =
        folder.write("s.yaml", "api:\n  timeout: 1s\n  concurrency: 2\n  rate_limit: 3\n");
    sources.environment = {{"APIKEYD_API_CONCURRENCY", "20"}, {"APIKEYD_API_RATE_LIMIT", "30"}};
    sources.flags = {{"api.rate_limit", "300"}};
    const auto loaded = load_settings(sources);
    REQUIRE(loaded);
    CHECK(loaded.value->api.timeout == 1s);
    CHECK(loaded.value->api.concurrency == 20);
    CHECK(loaded.value->api.rate_limit == 300);
    CHECK(loaded.value->log.level == LogLevel::info);
}

TEST_CASE("settings: the wrong values of every source are reported, outranked ones too") {
    const TemporaryFolder folder;
    SettingSources sources;
    sources.settings_file = folder.write("s.yaml", "api:\n  timeout: 1\n");
    sources.environment = {{"APIKEYD_API_TIMEOUT", "1x"}, {"APIKEYD_LOG_LEVEL", "loud"}};
    sources.flags = {{"api.timeout", "20m"}, {"log.format", "xml"}};
    const auto loaded = load_settings(sources);
    CHECK_FALSE(loaded);
    CHECK(lines(loaded.diagnostics) ==
          Lines{sources.settings_file + ":2:12: '1' is not a duration",
                "APIKEYD_API_TIMEOUT: '1x' is not a duration", "APIKEYD_LOG_LEVEL: 'loud' is not known here",
                "--api-timeout: '20m' is out of range", "--log-format: 'xml' is not known here"});
    CHECK(loaded.diagnostics.back().hint == "one of text, json, journal");
}

TEST_CASE("settings: a duration that is too long is one") {
    const char* path = GENERATE("history.retention", "reconcile.resync", "api.timeout");
    const auto loaded = with_flag(path, "36500d");
    REQUIRE(loaded.diagnostics.size() == 1);
    CHECK(loaded.diagnostics[0].message == "'36500d' is out of range");
    CHECK(loaded.diagnostics[0].hint ==
          (std::string(path) == "api.timeout" ? "100ms to 10m" : "up to 3650d"));
}

TEST_CASE("settings: each value has its own rule, whatever it comes from") {
    const auto refused = [](const std::string& path, const std::string& value) {
        return !with_flag(path, value);
    };
    CHECK(refused("api.timeout", "99ms"));
    CHECK_FALSE(refused("api.timeout", "100ms"));
    CHECK_FALSE(refused("api.timeout", "10m"));
    CHECK(refused("api.timeout", "10m1ms"));
    CHECK(refused("api.timeout", "0"));
    CHECK(refused("api.concurrency", "0"));
    CHECK(refused("api.concurrency", "257"));
    CHECK(refused("api.concurrency", "010"));
    CHECK(refused("api.concurrency", ""));
    CHECK(refused("api.rate_limit", "-1"));
    CHECK(refused("api.self_id", "xyz"));
    CHECK_FALSE(refused("api.self_id", "5e5677d71bdc2ae76344968c"));
    CHECK(refused("keys", ""));
    CHECK(refused("state", ""));
    CHECK(refused("state", "a\nb"));
    CHECK_FALSE(refused("api.token_file", ""));
    CHECK(refused("reconcile.resync", "500ms"));
    CHECK_FALSE(refused("reconcile.resync", "0"));
    CHECK(refused("history.retention", "500ms"));
    CHECK_FALSE(refused("history.retention", "90d"));
    CHECK(refused("reconcile.refresh", "always"));
    CHECK(refused("reconcile.removed_keys", "delete"));
    CHECK(refused("guard.allow_self_disable", "yes"));
    CHECK(refused("guard.allow_self_disable", "1"));
    CHECK(refused("status.listen", "9464"));
    CHECK(refused("status.listen", ":9464"));
    CHECK(refused("status.listen", "::1:9464"));
    CHECK(refused("status.listen", "127.0.0.1:65536"));
    CHECK(refused("status.listen", "metrics.example:9464")); // may stand for any address
    CHECK(refused("status.listen", "[127.0.0.1]:9464"));
    CHECK(refused("status.listen", "unix:status.sock"));
    CHECK(refused("status.listen", "unix:/"));
    CHECK(refused("status.listen", "unix:/" + std::string(107, 'a')));
    for (const char* good :
         {"[::1]:9464", "localhost:9464", "0.0.0.0:0", "unix:/run/apikeyd/status.sock", "systemd", ""}) {
        CAPTURE(good);
        CHECK_FALSE(refused("status.listen", good));
    }
    CHECK(refused("status.allow_remote", "yes"));
    CHECK(refused("status.allowed_hosts", "a,,b"));
    CHECK(refused("status.allowed_hosts", "a:9464"));
    CHECK_FALSE(refused("status.allowed_hosts", ""));
    CHECK(refused("log.level", "INFO"));
}

TEST_CASE("settings: names of hosts are a list, in lower case") {
    CHECK(with_flag("status.allowed_hosts", "Metrics.example.com,b").value->status.allowed_hosts ==
          std::vector<std::string>{"metrics.example.com", "b"});
}

TEST_CASE("settings: an address that other machines reach wants a word of its own") {
    const auto refused_together = [](const std::string& listen, bool allowed) {
        Settings settings;
        settings.status.listen = listen;
        settings.status.allow_remote = allowed;
        return refuse_combinations(settings);
    };
    for (const char* remote : {"0.0.0.0:9464", "[::]:9464", "10.0.0.1:9464", "[2001:db8::1]:9464"}) {
        CAPTURE(remote);
        REQUIRE(refused_together(remote, false).size() == 1);
        CHECK(refused_together(remote, false).front().file == "status.listen");
        CHECK(refused_together(remote, true).empty());
    }
    for (const char* local : {"127.0.0.1:9464", "127.1.2.3:1", "[::1]:9464", "localhost:9464",
                              "unix:/run/a.sock", "systemd", ""}) {
        CAPTURE(local);
        CHECK(refused_together(local, false).empty());
    }
}

TEST_CASE("settings: max_disable is a share or a count") {
    const auto limit = [](const std::string& text) { return with_flag("guard.max_disable", text); };
    CHECK(std::get<Percentage>(limit("12.5%").value->guard.max_disable).value == 12.5);
    CHECK(std::get<Percentage>(limit("100%").value->guard.max_disable).value == 100);
    CHECK(std::get<std::uint64_t>(limit("0").value->guard.max_disable) == 0);
    CHECK(std::get<std::uint64_t>(limit("25").value->guard.max_disable) == 25);
    for (const char* text : {"", "%", "101%", "-1%", "30 %", "0.5", "thirty", "1e1%"}) {
        CAPTURE(text);
        CHECK_FALSE(limit(text));
    }
}

TEST_CASE("settings: a URL is a word or a URL, without slashes at its end") {
    CHECK(with_flag("api.url", "production").value->api.url == "https://api.plumaa.id/rest/v1");
    CHECK(with_flag("api.url", "staging").value->api.url == "https://api.staging.plumaa.id/rest/v1");
    CHECK(with_flag("api.url", "https://a.example/rest///").value->api.url == "https://a.example/rest");
    CHECK(with_flag("api.url", "http://127.0.0.1:8080").value->api.url == "http://127.0.0.1:8080");
    CHECK_FALSE(with_flag("api.url", "http://a.example"));
}

TEST_CASE("settings: a wrong URL is not repeated, it may hold a password") {
    const TemporaryFolder folder;
    SettingSources sources;
    sources.settings_file = folder.write("s.yaml", "api:\n  url: https://me:s3cr3t@a.example\n");
    sources.environment = {{"APIKEYD_API_URL", "https://me:s3cr3t@a.example"}};
    const auto loaded = load_settings(sources);
    CHECK(loaded.diagnostics.size() == 2);
    CHECK(all_text(loaded.diagnostics).find("s3cr3t") == std::string::npos);
}

TEST_CASE("settings: a missing file is fine unless it was named") {
    SettingSources sources = nothing();
    CHECK(load_settings(sources));
    sources.settings_file_required = true;
    CHECK(lines(load_settings(sources).diagnostics) ==
          Lines{"/nonexistent/apikeyd.yaml: can't open the file: No such file or directory"});
    const TemporaryFolder folder;
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    sources.settings_file = folder / "fifo";
    sources.settings_file_required = false;
    CHECK_FALSE(load_settings(sources));
}

TEST_CASE("settings: an empty variable is not set, an unknown one is a warning with a near name") {
    SettingSources sources = nothing();
    sources.environment = {
        {"APIKEYD_API_TIMEOUT", ""}, {"APIKEYD_API_TIMOUT", "1s"}, {"APIKEYD_FROBNICATE", "x"}};
    const auto loaded = load_settings(sources);
    REQUIRE(loaded);
    CHECK(loaded.value->api.timeout == 10s);
    CHECK(lines(loaded.diagnostics) ==
          Lines{"APIKEYD_API_TIMOUT: unknown variable", "APIKEYD_FROBNICATE: unknown variable"});
    CHECK(loaded.diagnostics[0].hint == "did you mean APIKEYD_API_TIMEOUT?");
    CHECK(loaded.diagnostics[0].severity == Severity::warning);
    CHECK(loaded.diagnostics[1].hint == "it has no effect");
}

TEST_CASE("settings: variables of the commands are known") {
    SettingSources sources = nothing();
    for (const char* name :
         {"APIKEYD_TOKEN", "APIKEYD_CONFIG", "APIKEYD_FORMAT", "APIKEYD_QUIET", "APIKEYD_NO_COLOR",
          "APIKEYD_DRY_RUN", "APIKEYD_OUTPUT", "APIKEYD_INSTANCE", "APIKEYD_TOKEN_FILE"}) {
        sources.environment[name] = "x";
    }
    const auto loaded = load_settings(sources);
    CHECK(loaded.diagnostics.empty());
    CHECK(loaded.value->api.token_file == "x");
}

TEST_CASE("settings: an instance has defaults of its own, which everything outranks") {
    SettingSources sources;
    use_instance(sources, "acme");
    CHECK(sources.settings_file == "/etc/apikeyd/acme/apikeyd.yaml");
    auto loaded = load_settings(sources);
    REQUIRE(loaded);
    CHECK(loaded.value->keys == "/etc/apikeyd/acme/keys.yaml");
    CHECK(loaded.value->state == "/var/lib/apikeyd-acme/state.db");
    sources.environment["APIKEYD_STATE"] = "/a/state.db";
    sources.flags["keys"] = "/a/keys.yaml";
    loaded = load_settings(sources);
    REQUIRE(loaded);
    CHECK(loaded.value->keys == "/a/keys.yaml");
    CHECK(loaded.value->state == "/a/state.db");

    SettingSources named = nothing();
    named.settings_file = "/named/apikeyd.yaml";
    named.settings_file_required = true;
    use_instance(named, "acme");
    CHECK(named.settings_file == "/named/apikeyd.yaml");
}

TEST_CASE("settings: the name of an instance leads nowhere else") {
    for (const std::string name : {"acme", "a", "A-1_b.c", "9", "_x", "a..b"}) {
        CHECK_FALSE(refuse_instance(name));
    }
    CHECK_FALSE(refuse_instance(std::string(64, 'a')));
    for (const std::string name :
         {"", ".", "..", ".a", "-a", "a/b", "../x", "a b", "a\nb", "\xc3\xa4", "a@b"}) {
        CHECK(refuse_instance(name));
    }
    CHECK(refuse_instance(std::string(65, 'a')));
}

TEST_CASE("settings: of the environment only our variables are taken, and no token") {
    const char* const environment[] = {"PATH=/bin",
                                       "APIKEYD_KEYS=/a=b",
                                       "APIKEYD_TOKEN=s3cr3t",
                                       "APIKEYD_TOKENN=s3cr3t",
                                       "APIKEYD_TOKEN_FILE=/t",
                                       "APIKEYD_LOG_LEVEL=",
                                       "XAPIKEYD_KEYS=no",
                                       "APIKEYD_BROKEN",
                                       nullptr};
    const auto taken = apikeyd_environment(environment);
    CHECK(taken == std::map<std::string, std::string, std::less<>>{{"APIKEYD_KEYS", "/a=b"},
                                                                   {"APIKEYD_TOKENN", ""},
                                                                   {"APIKEYD_TOKEN_FILE", "/t"},
                                                                   {"APIKEYD_LOG_LEVEL", ""}});
    SettingSources sources = nothing();
    sources.environment = taken;
    CHECK(lines(load_settings(sources).diagnostics) == Lines{"APIKEYD_TOKENN: unknown variable"});
    CHECK(apikeyd_environment(nullptr).empty());
}

TEST_CASE("settings: a flag that no setting has is a mistake of the program") {
    CHECK_THROWS_AS(with_flag("api.colour", "x"), std::invalid_argument);
}
