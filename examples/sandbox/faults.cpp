// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace apikeyd::sandbox {

namespace {

using enum FaultKind;
constexpr auto no_argument = FaultInfo::Argument::none;
constexpr auto may_have = FaultInfo::Argument::optional;
constexpr auto must_have = FaultInfo::Argument::required;

constexpr FaultInfo no_fault{"", none, no_argument, true, Manner::whole};

constexpr std::array faults{
    FaultInfo{"ok", ok, no_argument, true, Manner::whole},
    FaultInfo{"429", too_many, may_have, false, Manner::whole},
    FaultInfo{"500", internal_error_without_code, no_argument, false, Manner::whole},
    FaultInfo{"500", internal_error, must_have, false, Manner::whole},
    FaultInfo{"503", unavailable, may_have, false, Manner::whole},
    FaultInfo{"401", unauthenticated, no_argument, false, Manner::whole},
    FaultInfo{"403", forbidden, no_argument, false, Manner::whole},
    FaultInfo{"reset-before", reset_before, no_argument, false, Manner::reset},
    FaultInfo{"reset-after", reset_after, no_argument, true, Manner::reset},
    FaultInfo{"close-before", close_before, no_argument, false, Manner::close},
    FaultInfo{"close-after", close_after, no_argument, true, Manner::close},
    FaultInfo{"truncate", truncate, no_argument, true, Manner::truncated},
    FaultInfo{"html", html, no_argument, false, Manner::whole},
    FaultInfo{"redirect", redirect, no_argument, false, Manner::whole},
    FaultInfo{"empty", empty, no_argument, false, Manner::whole},
    FaultInfo{"hang", hang, no_argument, false, Manner::hang},
    FaultInfo{"hang-after", hang_after, no_argument, true, Manner::hang},
    FaultInfo{"drip", drip, no_argument, true, Manner::dripped},
    FaultInfo{"wrong-id", wrong_id, no_argument, true, Manner::whole},
    FaultInfo{"other-name", other_name, no_argument, true, Manner::whole},
    FaultInfo{"ignore-enabled", ignore_enabled, no_argument, true, Manner::whole},
    FaultInfo{"extra", extra, no_argument, true, Manner::followed},
    FaultInfo{"early-103", early_103, no_argument, true, Manner::preceded},
    FaultInfo{"no-secret", no_secret, no_argument, true, Manner::whole},
    FaultInfo{"secret-number", secret_number, no_argument, true, Manner::whole},
    FaultInfo{"new-secret", new_secret, no_argument, true, Manner::whole},
};

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Takes what follows the last `mark` off the end of `text`; nothing if there is no mark.
std::optional<std::string_view> take_suffix(std::string_view& text, char mark) {
    const auto at = text.rfind(mark);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const auto suffix = trim(text.substr(at + 1));
    text = trim(text.substr(0, at));
    return suffix;
}

std::variant<Fault, GrammarError> parse_fault(std::string_view text) {
    const auto equals = text.find('=');
    const auto name = trim(text.substr(0, equals));
    const bool has_argument = equals != std::string_view::npos;
    const std::string argument(has_argument ? trim(text.substr(equals + 1)) : std::string_view{});
    // What is written here ends up in a header or in a JSON text.
    if (std::any_of(argument.begin(), argument.end(), [](char c) { return c < ' ' || c > '~'; })) {
        return GrammarError{fmt::format("the argument of '{}' may hold only printable ASCII", name)};
    }
    bool known = false;
    for (const FaultInfo& fault : faults) {
        if (fault.name != name) {
            continue;
        }
        known = true;
        if (has_argument ? fault.argument != no_argument : fault.argument != must_have) {
            if (has_argument && argument.empty()) {
                return GrammarError{fmt::format("'{}=' lacks its argument", name)};
            }
            return Fault{fault.kind, argument};
        }
    }
    return known ? GrammarError{fmt::format("'{}' takes no argument", name)}
                 : GrammarError{fmt::format("no fault is called '{}'", name)};
}

} // namespace

std::span<const FaultInfo> all_faults() {
    return faults;
}

const FaultInfo& info(FaultKind kind) {
    const auto found = std::find_if(faults.begin(), faults.end(),
                                    [kind](const FaultInfo& fault) { return fault.kind == kind; });
    return found == faults.end() ? no_fault : *found;
}

std::string Fault::to_string() const {
    std::string text(info(kind).name);
    return argument.empty() ? text : text + '=' + argument;
}

std::variant<FaultSchedule::Entry, GrammarError> FaultSchedule::parse_entry(std::string_view text) {
    Entry entry;
    if (const auto id = take_suffix(text, '@')) {
        entry.id = KeyId::parse(*id);
        if (!entry.id) {
            return GrammarError{fmt::format("'@{}' is no key id: 24 hex digits are", *id)};
        }
    }
    if (const auto count = take_suffix(text, '*')) {
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(count->data(), count->data() + count->size(), number);
        if (*count == "inf") {
            entry.left.reset();
        } else if (error != std::errc{} || end != count->data() + count->size() || number == 0) {
            return GrammarError{fmt::format("'*{}' is no count: a number from 1 on, or 'inf'", *count)};
        } else {
            entry.left = number;
        }
    }
    auto fault = parse_fault(text);
    if (auto* error = std::get_if<GrammarError>(&fault)) {
        return std::move(*error);
    }
    entry.fault = std::move(std::get<Fault>(fault));
    return entry;
}

std::variant<FaultSchedule, GrammarError> FaultSchedule::parse(std::string_view spec) {
    FaultSchedule schedule;
    while (!spec.empty()) {
        const auto line_end = std::min(spec.find('\n'), spec.size());
        auto line = spec.substr(0, line_end);
        spec.remove_prefix(std::min(line_end + 1, spec.size()));
        line = line.substr(0, line.find('#'));
        while (!line.empty()) {
            const auto end = std::min(line.find(';'), line.size());
            const auto text = trim(line.substr(0, end));
            line.remove_prefix(std::min(end + 1, line.size()));
            if (text.empty()) {
                continue;
            }
            auto entry = parse_entry(text);
            if (const auto* error = std::get_if<GrammarError>(&entry)) {
                return GrammarError{fmt::format("faults: in '{}': {}", text, error->message)};
            }
            schedule.entries_.push_back(std::move(std::get<Entry>(entry)));
        }
    }
    return schedule;
}

Fault FaultSchedule::take(const std::optional<KeyId>& id) {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [&id](const Entry& entry) { return !entry.id || entry.id == id; });
    if (found == entries_.end()) {
        return {};
    }
    Fault fault = found->fault;
    if (found->left && --*found->left == 0) {
        entries_.erase(found);
    }
    return fault;
}

std::string FaultSchedule::to_string() const {
    std::string text;
    for (const Entry& entry : entries_) {
        text += text.empty() ? "" : ";";
        text += entry.fault.to_string();
        if (!entry.left) {
            text += "*inf";
        } else if (*entry.left != 1) {
            text += fmt::format("*{}", *entry.left);
        }
        if (entry.id) {
            text += '@' + entry.id->to_string();
        }
    }
    return text;
}

} // namespace apikeyd::sandbox
