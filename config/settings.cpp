// SPDX-License-Identifier: Apache-2.0
#include "config/settings.hpp"

#include "config/listen_address.hpp"
#include "config/same_file.hpp"
#include "config/secret_words.hpp"
#include "config/setting_rules.hpp"
#include "config/settings_file.hpp"
#include "config/suggest.hpp"
#include "config/text_check.hpp"
#include "config/text_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace apikeyd {

namespace {

constexpr std::uint64_t max_settings_file_size = 1ULL * 1024 * 1024;
constexpr std::string_view prefix = "APIKEYD_";
constexpr std::string_view token_variable = "APIKEYD_TOKEN";

// Variables that are no settings, but known to the commands.
constexpr std::array<std::string_view, 8> other_variables{
    token_variable,     "APIKEYD_CONFIG",  "APIKEYD_FORMAT", "APIKEYD_QUIET",
    "APIKEYD_NO_COLOR", "APIKEYD_DRY_RUN", "APIKEYD_OUTPUT", "APIKEYD_INSTANCE"};

// A unit's user is called apikeyd-NAME, and Linux allows 31 bytes for that.
constexpr std::size_t longest_instance = 23;

std::vector<std::string_view> known_variables() {
    std::vector<std::string_view> names(other_variables.begin(), other_variables.end());
    for (const SettingInfo& info : setting_table()) {
        names.push_back(info.env);
    }
    return names;
}

Diagnostic diagnose(Severity severity, std::string_view where, std::string message, std::string hint) {
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.file = where;
    diagnostic.message = std::move(message);
    diagnostic.hint = std::move(hint);
    return diagnostic;
}

void apply(const SettingRule& rule, std::string_view text, std::string_view where, Loaded<Settings>& loaded) {
    if (auto wrong = rule.apply(text, *loaded.value)) {
        loaded.diagnostics.push_back(
            diagnose(Severity::error, where, std::move(wrong->message), std::move(wrong->hint)));
    }
}

void apply_file(const SettingSources& sources, Loaded<Settings>& loaded) {
    const TextFile file = read_text_file(sources.settings_file, max_settings_file_size);
    if (file.outcome == TextFile::Outcome::missing && !sources.settings_file_required) {
        return;
    }
    DiagnosticSink sink(file.outcome == TextFile::Outcome::read ? sources.settings_file
                                                                : name_to_show(sources.settings_file),
                        without_bom(file.text));
    if (file.outcome == TextFile::Outcome::read) {
        parse_settings_file(sink, *loaded.value);
    } else {
        sink.file_error(file.problem, file.hint);
    }
    std::vector<Diagnostic> taken = sink.take();
    std::ranges::move(taken, std::back_inserter(loaded.diagnostics));
}

// An empty variable is one that is not set: that is how scripts leave something out.
void apply_environment(const SettingSources& sources, Loaded<Settings>& loaded) {
    for (const SettingRule& rule : setting_rules()) {
        const auto found = sources.environment.find(rule.info.env);
        if (found != sources.environment.end() && !found->second.empty()) {
            apply(rule, found->second, rule.info.env, loaded);
        }
    }
    const std::vector<std::string_view> known = known_variables();
    for (const auto& [name, value] : sources.environment) {
        if (std::ranges::find(known, name) == known.end()) {
            const std::string_view near = nearest_word(name, known);
            loaded.diagnostics.push_back(diagnose(Severity::warning, name, "unknown variable",
                                                  near.empty() ? std::string("it has no effect")
                                                               : fmt::format("did you mean {}?", near)));
        }
    }
}

void apply_flags(const SettingSources& sources, Loaded<Settings>& loaded) {
    for (const auto& [path, value] : sources.flags) {
        const SettingRule* rule = find_setting(path);
        if (rule == nullptr) {
            throw std::invalid_argument("no setting has the path " + path);
        }
        apply(*rule, value, rule->info.flag, loaded);
    }
}

} // namespace

std::vector<Diagnostic> refuse_combinations(const Settings& settings) {
    std::vector<Diagnostic> refused;
    const auto address = parse_listen_address(settings.status.listen);
    if (address && !address->local() && !settings.status.allow_remote) {
        refused.push_back(diagnose(
            Severity::error, "status.listen",
            fmt::format("other machines could reach {}, and the server asks nobody who they are",
                        settings.status.listen),
            "listen on 127.0.0.1, [::1] or unix:/run/apikeyd/status.sock, or set status.allow_remote"));
    }
    // Worse than senseless: closing any file drops the locks of the whole process on it, SQLite's as well.
    for (const auto& [setting, path] : {std::pair<const char*, const std::string&>{"keys", settings.keys},
                                        {"api.token_file", settings.api.token_file},
                                        {"api.ca_file", settings.api.ca_file}}) {
        if (!path.empty() && is_same_file(path, settings.state)) {
            refused.push_back(diagnose(Severity::error, setting,
                                       fmt::format("{} is the state, which is no other file as well", path),
                                       "name another file here, or for state"));
        }
    }
    return refused;
}

std::map<std::string, std::string, std::less<>> apikeyd_environment(const char* const* environ) {
    const std::vector<std::string_view> known = known_variables();
    std::map<std::string, std::string, std::less<>> result;
    for (; environ != nullptr && *environ != nullptr; ++environ) {
        const std::string_view entry(*environ);
        const std::size_t equals = entry.find('=');
        const std::string_view name = entry.substr(0, equals);
        if (equals == entry.npos || !name.starts_with(prefix) || name == token_variable) {
            continue;
        }
        // A misspelled APIKEYD_TOKEN is worth a warning; its value is worth no copy.
        const bool copied = std::ranges::find(known, name) != known.end() || !names_secret(name);
        result.emplace(name, copied ? entry.substr(equals + 1) : std::string_view{});
    }
    return result;
}

std::optional<std::string> refuse_instance(std::string_view name) {
    const bool fits = std::ranges::all_of(name, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
               c == '-';
    });
    if (fits && !name.empty() && name.size() <= longest_instance && name[0] != '-') {
        return std::nullopt;
    }
    return fmt::format("{} is no name of an instance: 1 to {} letters, digits, '_' and '-', the first no '-'",
                       quote_unless_token(name), longest_instance);
}

void use_instance(SettingSources& sources, const std::string& name) {
    sources.instance = name;
    if (!sources.settings_file_required) {
        sources.settings_file = fmt::format("/etc/apikeyd/{}/apikeyd.yaml", name);
    }
}

Loaded<Settings> load_settings(const SettingSources& sources) {
    Loaded<Settings> loaded;
    loaded.value.emplace();
    if (!sources.instance.empty()) {
        loaded.value->keys = fmt::format("/etc/apikeyd/{}/keys.yaml", sources.instance);
        loaded.value->state = fmt::format("/var/lib/apikeyd-{}/state.db", sources.instance);
    }
    apply_file(sources, loaded); // the weakest first
    apply_environment(sources, loaded);
    apply_flags(sources, loaded);
    if (std::ranges::any_of(loaded.diagnostics,
                            [](const Diagnostic& d) { return d.severity == Severity::error; })) {
        loaded.value.reset();
    }
    return loaded;
}

} // namespace apikeyd
