// SPDX-License-Identifier: Apache-2.0
#include "config/overloaded.hpp"
#include "config/setting_rules.hpp"
#include "docs/generate/writers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace apikeyd::docs {

namespace {

std::string written(std::chrono::milliseconds duration) {
    const auto count = duration.count();
    return count == 0          ? "0"
           : count % 1000 == 0 ? fmt::format("{}s", count / 1000)
                               : fmt::format("{}ms", count);
}

std::string written(const DisableLimit& limit) {
    return std::visit(Overloaded{[](Percentage share) { return fmt::format("{}%", share.value); },
                                 [](std::uint64_t count) { return fmt::format("{}", count); }},
                      limit);
}

// Whether the text, as the value of this setting, leaves everything as it is by itself.
bool changes_nothing(const SettingRule& rule, const std::string& text) {
    Settings settings;
    return !rule.apply(text, settings) && settings == Settings{};
}

// What the default could look like; which of them it is, the rule itself decides.
std::vector<std::string> candidates(std::string_view placeholder) {
    const Settings settings;
    std::vector<std::string> texts = {
        "production", // nicer than the URL it stands for
        settings.api.url,
        settings.keys,
        settings.state,
        written(settings.api.timeout),
        written(settings.reconcile.resync),
        written(settings.guard.max_disable),
        fmt::format("{}", settings.api.concurrency),
        fmt::format("{}", settings.api.rate_limit),
    };
    while (!placeholder.empty()) { // its words, where it consists of them
        const std::string_view word = placeholder.substr(0, placeholder.find('|'));
        texts.emplace_back(word);
        placeholder.remove_prefix(std::min(placeholder.size(), word.size() + 1));
    }
    return texts;
}

} // namespace

std::string default_of(std::string_view path) {
    const SettingRule* rule = find_setting(path);
    if (rule == nullptr) {
        throw std::runtime_error(fmt::format("{} is no setting", path));
    }
    if (changes_nothing(*rule, "")) {
        return "";
    }
    for (const std::string& text : candidates(rule->info.value)) {
        if (changes_nothing(*rule, text)) {
            return text;
        }
    }
    return "";
}

} // namespace apikeyd::docs
