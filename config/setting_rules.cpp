// SPDX-License-Identifier: Apache-2.0
#include "config/setting_rules.hpp"

#include "config/listen_address.hpp"
#include "config/scalars.hpp"
#include "config/secret_words.hpp"
#include "config/utf8.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

using Problem = std::optional<SettingProblem>;
using std::chrono::milliseconds;

constexpr std::string_view duration_hint = "as in 500ms, 10s or 2h30m";

Problem problem(std::string message, std::string_view hint = {}) {
    return SettingProblem{std::move(message), std::string(hint)};
}

template <typename Value, std::size_t count>
using Words = std::array<std::pair<std::string_view, Value>, count>;

template <typename Value, std::size_t count, typename Target>
Problem take_word(std::string_view text, const Words<Value, count>& words, Target& target) {
    std::vector<std::string_view> known;
    for (const auto& [word, value] : words) {
        if (text == word) {
            target = value;
            return std::nullopt;
        }
        known.push_back(word);
    }
    return problem(fmt::format("{} is not known here", quote_unless_token(text, known)),
                   fmt::format("one of {}", fmt::join(known, ", ")));
}

Problem take_bool(std::string_view text, bool& target) {
    if (text != "true" && text != "false") {
        return problem(fmt::format("{} is not a boolean", quote_unless_token(text)), "write true or false");
    }
    target = text == "true";
    return std::nullopt;
}

// Nothing of the value is repeated: what stands where a path should may be anything.
Problem take_path(std::string_view text, std::string& target, bool may_be_empty) {
    if (text.empty() && !may_be_empty) {
        return problem("the path is empty", "leave it out for the default");
    }
    for (std::size_t offset = 0; offset < text.size();) {
        const CodePoint point = decode_utf8(text, offset);
        if (is_control(point.value) && point.valid) {
            return problem("the path has a control character");
        }
        offset += point.size;
    }
    target = text;
    return std::nullopt;
}

Problem take_url(std::string_view text, Settings& settings) {
    if (text == "production") {
        text = "https://api.plumaa.id/rest/v1";
    } else if (text == "staging") {
        text = "https://api.staging.plumaa.id/rest/v1";
    } else if (auto reason = refuse_api_url(text)) {
        return problem(*std::move(reason), "production, staging, or as in https://api.example.com/rest/v1");
    }
    settings.api.url = text.substr(0, text.find_last_not_of('/') + 1);
    return std::nullopt;
}

Problem take_token_file(std::string_view text, Settings& settings) {
    return take_path(text, settings.api.token_file, true);
}

Problem take_ca_file(std::string_view text, Settings& settings) {
    return take_path(text, settings.api.ca_file, true);
}

Problem take_timeout(std::string_view text, Settings& settings) {
    const auto value = parse_duration(text);
    if (!value && !is_too_long_a_duration(text)) {
        return problem(fmt::format("{} is not a duration", quote_unless_token(text)), duration_hint);
    }
    if (!value || *value < milliseconds{100} || *value > std::chrono::minutes{10}) {
        return problem(fmt::format("{} is out of range", quote_unless_token(text)), "100ms to 10m");
    }
    settings.api.timeout = *value;
    return std::nullopt;
}

Problem take_concurrency(std::string_view text, Settings& settings) {
    const auto value = parse_unsigned(text);
    if (!value || *value < 1 || *value > 256) {
        return problem(fmt::format("{} is not a number from 1 to 256", quote_unless_token(text)));
    }
    settings.api.concurrency = static_cast<unsigned>(*value);
    return std::nullopt;
}

Problem take_rate_limit(std::string_view text, Settings& settings) {
    const auto value = parse_decimal(text);
    if (!value || *value > 1e6) {
        return problem(fmt::format("{} is not a number of requests a second", quote_unless_token(text)),
                       "as in 10 or 0.5; 0 for none");
    }
    settings.api.rate_limit = *value;
    return std::nullopt;
}

Problem take_self_id(std::string_view text, Settings& settings) {
    const auto value = KeyId::parse(text);
    if (!value) {
        return problem("this is not the id of a key", "an id is 24 hex digits");
    }
    settings.api.self_id = *value;
    return std::nullopt;
}

Problem take_keys(std::string_view text, Settings& settings) {
    return take_path(text, settings.keys, false);
}

Problem take_state(std::string_view text, Settings& settings) {
    return take_path(text, settings.state, false);
}

Problem take_seconds(std::string_view text, std::chrono::seconds& target, std::string_view hint) {
    const auto value = parse_duration(text);
    if (!value && is_too_long_a_duration(text)) {
        return problem(fmt::format("{} is out of range", quote_unless_token(text)), "up to 3650d");
    }
    if (!value) {
        return problem(fmt::format("{} is not a duration", quote_unless_token(text)), hint);
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*value);
    if (seconds != *value) { // 500ms would become 0, and that means never
        return problem(fmt::format("{} is not a whole number of seconds", quote_unless_token(text)), hint);
    }
    target = seconds;
    return std::nullopt;
}

Problem take_resync(std::string_view text, Settings& settings) {
    return take_seconds(text, settings.reconcile.resync, "as in 6h or 1d; 0 for never");
}

Problem take_retention(std::string_view text, Settings& settings) {
    return take_seconds(text, settings.history.retention, "as in 90d; 0 to keep everything");
}

Problem take_refresh(std::string_view text, Settings& settings) {
    static constexpr Words<Refresh, 2> words{{{"never", Refresh::never}, {"probe", Refresh::probe}}};
    return take_word(text, words, settings.reconcile.refresh);
}

Problem take_removed_keys(std::string_view text, Settings& settings) {
    static constexpr Words<RemovedKeys, 2> words{
        {{"ignore", RemovedKeys::ignore}, {"disable", RemovedKeys::disable}}};
    return take_word(text, words, settings.reconcile.removed_keys);
}

Problem take_max_disable(std::string_view text, Settings& settings) {
    if (text.ends_with('%')) {
        if (const auto share = parse_decimal(text.substr(0, text.size() - 1)); share && *share <= 100) {
            settings.guard.max_disable = Percentage{*share};
            return std::nullopt;
        }
    } else if (const auto count = parse_unsigned(text)) {
        settings.guard.max_disable = *count;
        return std::nullopt;
    }
    return problem(fmt::format("{} is neither a share nor a count of keys", quote_unless_token(text)),
                   "as in 30% (up to 100%) or 25");
}

Problem take_allow_self_disable(std::string_view text, Settings& settings) {
    return take_bool(text, settings.guard.allow_self_disable);
}

Problem take_listen(std::string_view text, Settings& settings) {
    if (!text.empty() && !parse_listen_address(text)) {
        return problem(
            fmt::format("{} is no address to listen on", quote_unless_token(text)),
            "as in 127.0.0.1:9464, \"[::1]:9464\" or unix:/run/apikeyd/status.sock; systemd for the "
            "socket that systemd passes; empty for no server");
    }
    settings.status.listen = text;
    return std::nullopt;
}

Problem take_allow_remote(std::string_view text, Settings& settings) {
    return take_bool(text, settings.status.allow_remote);
}

Problem take_allowed_hosts(std::string_view text, Settings& settings) {
    std::vector<std::string> hosts;
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        std::string host(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        const bool fits = !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                   c == '.';
        });
        if (!fits) {
            return problem(fmt::format("{} is not a list of host names", quote_unless_token(text)),
                           "as in metrics.example.com,metrics; without ports");
        }
        std::ranges::transform(host, host.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        hosts.push_back(std::move(host));
    }
    settings.status.allowed_hosts = std::move(hosts);
    return std::nullopt;
}

Problem take_log_format(std::string_view text, Settings& settings) {
    static constexpr Words<LogFormat, 3> words{
        {{"text", LogFormat::text}, {"json", LogFormat::json}, {"journal", LogFormat::journal}}};
    return take_word(text, words, settings.log.format);
}

Problem take_log_level(std::string_view text, Settings& settings) {
    static constexpr Words<LogLevel, 4> words{{{"debug", LogLevel::debug},
                                               {"info", LogLevel::info},
                                               {"warning", LogLevel::warning},
                                               {"error", LogLevel::error}}};
    return take_word(text, words, settings.log.level);
}

using Kind = SettingKind;

// As strict as the functions above, as far as patterns can be: they don't add up durations, and know no limit
// of ports.
constexpr std::string_view path_pattern = R"(^[^\u0000-\u001F\u007F-\u009F]+$(?!\n))";
constexpr std::string_view optional_path_pattern = R"(^[^\u0000-\u001F\u007F-\u009F]*$(?!\n))";
constexpr std::string_view url_pattern =
    R"(^(production|staging|([Hh][Tt][Tt][Pp][Ss]://(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z][0-9A-Za-z.-]*)|[Hh][Tt][Tt][Pp]://([Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]|127(\.(0|[1-9][0-9]{0,2})){3}|\[::1\]))(:[1-9][0-9]{0,4})?(/[!"$->@-\[\]-~]*)?)$)";
constexpr std::string_view duration_pattern =
    "^(?=.)((0|[1-9][0-9]*)d)?((0|[1-9][0-9]*)h)?((0|[1-9][0-9]*)m)?((0|[1-9][0-9]*)s)?((0|[1-9][0-9]*)ms)?$";
constexpr std::string_view seconds_pattern = "^(0|(?=.)((0|[1-9][0-9]*)d)?((0|[1-9][0-9]*)h)?((0|[1-9][0-9]*)"
                                             "m)?((0|[1-9][0-9]*)s)?((0|[1-9][0-9]*000)ms)?)$";
constexpr std::string_view limit_pattern = R"(^(0|[1-9][0-9]*|((0|[1-9][0-9]?)(\.[0-9]+)?|100(\.0+)?)%)$)";
constexpr std::string_view listen_pattern =
    R"(^(|systemd|unix:/[^\u0000-\u001F\u007F]*[^/\u0000-\u001F\u007F]|(localhost|[0-9]{1,3}(\.[0-9]{1,3}){3}|\[[0-9A-Fa-f:.]+\]):(0|[1-9][0-9]{0,4}))$)";
constexpr std::string_view hosts_pattern = R"(^([0-9A-Za-z.-]+(,[0-9A-Za-z.-]+)*,?)?$)";

// clang-format off
constexpr std::array rules{
    SettingRule{{"api.url", "--api-url", "APIKEYD_API_URL", "URL", "base URL of the API, or production, or staging"}, take_url, {Kind::text, url_pattern, "production"}, true},
    SettingRule{{"api.token_file", "--token-file", "APIKEYD_TOKEN_FILE", "FILE", "file that holds the API token"}, take_token_file, {Kind::text, optional_path_pattern}, true},
    SettingRule{{"api.ca_file", "--ca-file", "APIKEYD_CA_FILE", "FILE", "CA certificates (PEM) to trust instead of the system's"}, take_ca_file, {Kind::text, optional_path_pattern, ""}, true},
    SettingRule{{"api.timeout", "--api-timeout", "APIKEYD_API_TIMEOUT", "DURATION", "longest time for one request, start to end"}, take_timeout, {Kind::text, duration_pattern, "10s"}},
    SettingRule{{"api.concurrency", "--api-concurrency", "APIKEYD_API_CONCURRENCY", "N", "requests under way at once, 1 to 256"}, take_concurrency, {Kind::integer, "", "8", 1, 256}},
    SettingRule{{"api.rate_limit", "--api-rate-limit", "APIKEYD_API_RATE_LIMIT", "N", "requests a second; 0: no limit of our own"}, take_rate_limit, {Kind::number, "", "0", 0, 1'000'000}},
    SettingRule{{"api.self_id", "--api-self-id", "APIKEYD_API_SELF_ID", "ID", "id of the key whose secret is our token"}, take_self_id, {Kind::text, "^[0-9A-Fa-f]{24}$"}, true},
    SettingRule{{"keys", "--keys", "APIKEYD_KEYS", "PATH", "desired file, or a folder of them"}, take_keys, {Kind::text, path_pattern, "/etc/apikeyd/keys.yaml"}, true},
    SettingRule{{"state", "--state", "APIKEYD_STATE", "FILE", "state file"}, take_state, {Kind::text, path_pattern, "/var/lib/apikeyd/state.db"}, true},
    SettingRule{{"reconcile.resync", "--resync", "APIKEYD_RESYNC", "DURATION", "assert everything again this often; 0: never"}, take_resync, {Kind::text_or_integer, seconds_pattern, "0", 0, 0}},
    SettingRule{{"reconcile.refresh", "--refresh", "APIKEYD_REFRESH", "never|probe", "look at each key, with a PUT of its id alone, before planning"}, take_refresh, {Kind::word, "", "never"}},
    SettingRule{{"reconcile.removed_keys", "--removed-keys", "APIKEYD_REMOVED_KEYS", "ignore|disable", "what becomes of a key taken out of the file"}, take_removed_keys, {Kind::word, "", "ignore"}},
    SettingRule{{"guard.max_disable", "--max-disable", "APIKEYD_MAX_DISABLE", "SHARE|COUNT", "disable at most so many keys without approval"}, take_max_disable, {Kind::text_or_integer, limit_pattern, "30%", 0}},
    SettingRule{{"guard.allow_self_disable", "--allow-self-disable", "APIKEYD_ALLOW_SELF_DISABLE", "true|false", "allow disabling the key whose secret is our token"}, take_allow_self_disable, {Kind::boolean, "", "false"}},
    SettingRule{{"history.retention", "--history-retention", "APIKEYD_HISTORY_RETENTION", "DURATION", "keep the audit trail for so long; 0: for ever"}, take_retention, {Kind::text_or_integer, seconds_pattern, "0", 0, 0}},
    SettingRule{{"status.listen", "--status-listen", "APIKEYD_STATUS_LISTEN", "ADDRESS", "where to serve metrics, health and status; empty: nowhere"}, take_listen, {Kind::text, listen_pattern, ""}},
    SettingRule{{"status.allow_remote", "--status-allow-remote", "APIKEYD_STATUS_ALLOW_REMOTE", "true|false", "allow an address that other machines reach"}, take_allow_remote, {Kind::boolean, "", "false"}},
    SettingRule{{"status.allowed_hosts", "--status-allowed-hosts", "APIKEYD_STATUS_ALLOWED_HOSTS", "NAMES", "further names that clients may call it by, as in a,b"}, take_allowed_hosts, {Kind::text, hosts_pattern, ""}},
    SettingRule{{"log.format", "--log-format", "APIKEYD_LOG_FORMAT", "text|json|journal", "form of the log"}, take_log_format, {Kind::word}},
    SettingRule{{"log.level", "--log-level", "APIKEYD_LOG_LEVEL", "debug|info|warning|error", "least level that is logged"}, take_log_level, {Kind::word, "", "info"}},
};
// clang-format on

constexpr std::array<SettingInfo, rules.size()> infos = [] {
    std::array<SettingInfo, rules.size()> result;
    std::ranges::transform(rules, result.begin(), &SettingRule::info);
    return result;
}();

} // namespace

std::span<const SettingRule> setting_rules() {
    return rules;
}

std::span<const SettingInfo> setting_table() {
    return infos;
}

const SettingRule* find_setting(std::string_view path) {
    const auto* const found =
        std::ranges::find_if(rules, [path](const SettingRule& rule) { return rule.info.path == path; });
    return found == rules.end() ? nullptr : found;
}

} // namespace apikeyd
