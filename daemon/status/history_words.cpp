// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/history_words.hpp"

#include "config/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

std::string shown(std::string_view text) {
    return quote_text(text);
}

std::string shown(const std::optional<bool>& enabled) {
    return enabled ? (*enabled ? "true" : "false") : "?";
}
std::string shown(const std::optional<std::string>& name) {
    return name ? shown(std::string_view(*name)) : "?";
}

// "enabled: true -> false", for a field that went from one value to the other.
template <typename T>
std::string step(const char* field, const std::optional<T>& from, const std::optional<T>& to) {
    return fmt::format("{}: {} -> {}", field, shown(from), shown(to));
}

std::string join(const std::vector<std::string>& parts) {
    return fmt::format("{}", fmt::join(parts, ", "));
}

// What was asked for.
std::string asked_steps(const HistoryEntry& entry) {
    std::vector<std::string> parts;
    if (entry.asked.enabled) {
        parts.push_back(step("enabled", entry.before_enabled, entry.asked.enabled));
    }
    if (entry.asked.name) {
        parts.push_back(step("name", entry.before_name, entry.asked.name));
    }
    return parts.empty() ? "looked at" : join(parts);
}

std::string foreign_steps(const HistoryEntry& entry, const ForeignChange& foreign) {
    std::vector<std::string> parts;
    if (foreign.enabled) {
        parts.push_back(step("enabled", entry.before_enabled, entry.after_enabled));
    }
    if (foreign.name) {
        parts.push_back(step("name", entry.before_name, entry.after_name));
    }
    return join(parts);
}

// What we made of it, foreign changes left out; where that is nothing, how it is.
std::string own_steps(const HistoryEntry& entry) {
    std::vector<std::string> parts;
    if (entry.asked.enabled && entry.before_enabled != entry.after_enabled) {
        parts.push_back(step("enabled", entry.before_enabled, entry.after_enabled));
    }
    if (entry.asked.name && entry.before_name != entry.after_name) {
        parts.push_back(step("name", entry.before_name, entry.after_name));
    }
    if (!parts.empty()) {
        return join(parts);
    }
    return fmt::format("{}: enabled: {}, name: {}", entry.asked.empty() ? "looked at" : "as it was",
                       shown(entry.after_enabled), shown(entry.after_name));
}

HistoryTone tone_of_step(const HistoryEntry& entry) {
    if (!entry.asked.enabled || entry.before_enabled == entry.after_enabled) {
        return HistoryTone::changed;
    }
    return entry.after_enabled == true ? HistoryTone::better : HistoryTone::worse;
}

// What a lack of success is called.
std::string_view words_for(std::string_view outcome) {
    static constexpr std::pair<std::string_view, std::string_view> words[] = {
        {"unknown", "no answer"}, {"retryable", "no verdict"}, {"throttled", "throttled"},
        {"not_sent", "not sent"}, {"denied", "access denied"},
    };
    const auto* const found =
        std::ranges::find(words, outcome, &std::pair<std::string_view, std::string_view>::first);
    return found == std::end(words) ? outcome : found->second;
}

} // namespace

ForeignChange foreign_change(const HistoryEntry& entry) {
    return {entry.before_name && entry.after_name && !entry.asked.name &&
                entry.before_name != entry.after_name,
            entry.before_enabled && entry.after_enabled && !entry.asked.enabled &&
                entry.before_enabled != entry.after_enabled};
}

HistoryWords what_happened(const HistoryEntry& entry) {
    const std::string why = entry.detail.empty() ? "" : ": " + entry.detail;
    if (!entry.id) {
        const std::string detail = entry.detail.empty() ? "" : " " + entry.detail;
        const std::string by = entry.actor.empty() ? "" : fmt::format(" (by {})", entry.actor);
        return {entry.reason + detail + by, HistoryTone::plain};
    }
    if (entry.outcome == "rejected") {
        return {fmt::format("REJECTED {}{}", asked_steps(entry), why), HistoryTone::worse};
    }
    if (entry.outcome != "applied" && entry.outcome != "observed") {
        return {fmt::format("{}, {}{}", asked_steps(entry), words_for(entry.outcome), why),
                HistoryTone::changed};
    }
    const ForeignChange foreign = foreign_change(entry);
    if (foreign.any()) {
        const std::string theirs = "changed by someone else: " + foreign_steps(entry, foreign);
        return {entry.asked.empty() ? theirs : own_steps(entry) + "; " + theirs, HistoryTone::changed};
    }
    return {own_steps(entry), tone_of_step(entry)};
}

std::string name_in_history(const HistoryEntry& entry) {
    for (const auto* name : {&entry.after_name, &entry.before_name, &entry.asked.name}) {
        if (*name) {
            return **name;
        }
    }
    return {};
}

} // namespace apikeyd
