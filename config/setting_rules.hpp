// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace apikeyd {

// Why a value was refused.
struct SettingProblem {
    std::string message;
    std::string hint;
};

// A setting, and how a text becomes its value: the same for every source.
struct SettingRule {
    SettingInfo info;
    std::optional<SettingProblem> (*apply)(std::string_view text, Settings& settings);
    bool boolean = false;  // in the settings file it must not be quoted
    bool discreet = false; // a wrong value may be a secret in the wrong place: never shown
};
std::span<const SettingRule> setting_rules();

// The rule with this path, or nullptr.
const SettingRule* find_setting(std::string_view path);

} // namespace apikeyd
