// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/diagnostic.hpp"
#include "config/key.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace apikeyd {

enum class LogFormat { text, json, journal };
enum class LogLevel { debug, info, warning, error };
enum class Refresh { never, probe };
enum class RemovedKeys { ignore, disable };

struct ApiSettings {
    std::string url = "https://api.plumaa.id/rest/v1"; // no trailing slash; 'production', 'staging' resolved
    std::string token_file;                            // empty: none named
    std::string ca_file;                               // PEM; empty: the system's
    std::chrono::milliseconds timeout{10'000};         // one request, start to end; 100 ms to 10 min
    unsigned concurrency = 8;                          // requests under way at once; 1 to 256
    double rate_limit = 0;                             // requests a second; 0: none
    std::optional<KeyId> self_id;                      // the key whose secret is our token, where known
    friend bool operator==(const ApiSettings&, const ApiSettings&) = default;
};

struct ReconcileSettings {
    std::chrono::seconds resync{0}; // 0: never
    Refresh refresh = Refresh::never;
    RemovedKeys removed_keys = RemovedKeys::ignore;
    friend bool operator==(const ReconcileSettings&, const ReconcileSettings&) = default;
};

// A share of the managed keys, or a count.
struct Percentage {
    double value = 0; // 0 to 100
    friend bool operator==(const Percentage&, const Percentage&) = default;
};
using DisableLimit = std::variant<Percentage, std::uint64_t>;

struct GuardSettings {
    DisableLimit max_disable = Percentage{30};
    bool allow_self_disable = false;
    friend bool operator==(const GuardSettings&, const GuardSettings&) = default;
};

struct HistorySettings {
    std::chrono::seconds retention{0}; // what is older is taken out of the audit trail; 0: nothing is
    friend bool operator==(const HistorySettings&, const HistorySettings&) = default;
};

struct StatusSettings {
    std::string listen;        // as parse_listen_address() takes it; empty: no server
    bool allow_remote = false; // other machines may reach it
    std::vector<std::string>
        allowed_hosts; // names by which clients may call it, besides those of this machine
    friend bool operator==(const StatusSettings&, const StatusSettings&) = default;
};

struct LogSettings {
    std::optional<LogFormat> format; // nothing: not said anywhere; the runtime picks text or journal
    LogLevel level = LogLevel::info;
    friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

struct Settings {
    ApiSettings api;
    std::string keys = "/etc/apikeyd/keys.yaml";
    std::string state = "/var/lib/apikeyd/state.db";
    ReconcileSettings reconcile;
    GuardSettings guard;
    HistorySettings history;
    StatusSettings status;
    LogSettings log;
    friend bool operator==(const Settings&, const Settings&) = default;
};

// One setting: where it can be said. The table is the single place that lists them; flags, environment,
// settings file, help and schema are made from it.
struct SettingInfo {
    std::string_view path;  // "api.timeout": its place in the settings file
    std::string_view flag;  // "--api-timeout"
    std::string_view env;   // "APIKEYD_API_TIMEOUT"
    std::string_view value; // placeholder for help: "DURATION"
    std::string_view help;  // one line
};
std::span<const SettingInfo> setting_table();

// Where settings come from, strongest first: flags, environment, the settings file, the defaults.
struct SettingSources {
    std::map<std::string, std::string, std::less<>> flags;       // by SettingInfo::path
    std::map<std::string, std::string, std::less<>> environment; // APIKEYD_... variables, all of them
    std::string instance; // one of several daemons, with defaults of its own; empty: the only one
    std::string settings_file = "/etc/apikeyd/apikeyd.yaml";
    bool settings_file_required = false; // named by the operator: missing is an error
};

// Why the name of an instance can't be one, with what to do; nothing: it can. It becomes a part of paths.
std::optional<std::string> refuse_instance(std::string_view name);

// Has the sources stand for that instance: its settings file, where the operator named none, and the defaults
// of keys and state. The name must not be refused.
void use_instance(SettingSources& sources, const std::string& name);

// The APIKEYD_... variables of the process's environment.
std::map<std::string, std::string, std::less<>> apikeyd_environment(const char* const* environ);

// Every wrong value of every source is reported. An unknown APIKEYD_ variable is a warning with a near name.
Loaded<Settings> load_settings(const SettingSources& sources);

// What settings that are well by themselves may not ask for together, an error each.
std::vector<Diagnostic> refuse_combinations(const Settings& settings);

// "10s", "500ms", "6h", "2h30m", "1d", or a bare 0. Nothing if it is anything else, negative or too large.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// Whether it is written as a duration, but is longer than 3650d.
bool is_too_long_a_duration(std::string_view text);

// Whether the URL may carry a token: https, or http to a loopback address. Otherwise why not.
std::optional<std::string> refuse_api_url(std::string_view url);

} // namespace apikeyd
