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

enum class SettingKind {
    text,
    word,    // one of those that SettingInfo::value lists, separated by '|'
    boolean, // in the settings file it must not be quoted
    integer,
    number,
    text_or_integer, // a number may stand there bare
};

// What a value looks like in the settings file. The schema is made of this; what decides is
// SettingRule::apply.
struct SettingForm {
    SettingKind kind = SettingKind::text;
    std::string_view pattern = {};                      // of a text (ECMA-262); empty: any
    std::optional<std::string_view> default_value = {}; // as it would be written; nothing: none
    std::optional<unsigned> least = {};                 // of a number
    std::optional<unsigned> most = {};
};

// A setting, and how a text becomes its value: the same for every source.
struct SettingRule {
    SettingInfo info;
    std::optional<SettingProblem> (*apply)(std::string_view text, Settings& settings);
    SettingForm form = {};
    bool discreet = false; // a wrong value may be a secret in the wrong place: never shown
};
std::span<const SettingRule> setting_rules();

// The rule with this path, or nullptr.
const SettingRule* find_setting(std::string_view path);

} // namespace apikeyd
