// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/drift_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace apikeyd {

namespace {

std::string held_digest(const DriftReport& report) {
    std::vector<Change> held;
    for (const DriftReport::Item& item : report.items) {
        if (item.held) {
            held.push_back(item.change);
        }
    }
    std::ranges::sort(held, {}, &Change::id); // as what holds them counts them
    return plan_digest(held);
}

} // namespace

std::vector<DriftGroup> group_items(const DriftReport& report) {
    constexpr std::array kinds{ChangeKind::assert_key, ChangeKind::enable,  ChangeKind::rename,
                               ChangeKind::update,     ChangeKind::disable, ChangeKind::look};
    std::vector<DriftGroup> groups;
    for (const ChangeKind kind : kinds) {
        groups.push_back({kind, {}, 0});
    }
    for (const DriftReport::Item& item : report.items) {
        DriftGroup& group = *std::ranges::find(groups, item.change.kind(), &DriftGroup::kind);
        group.items.push_back(&item);
        group.held += item.held ? 1 : 0;
    }
    std::erase_if(groups, [](const DriftGroup& group) { return group.items.empty(); });
    return groups;
}

std::string describe_group(const DriftGroup& group) {
    const std::string held = group.held == 0                    ? ""
                             : group.held == group.items.size() ? ", held"
                                                                : fmt::format(", {} held", group.held);
    return fmt::format("{} ({}{})", to_string(group.kind), group.items.size(), held);
}

std::vector<FieldChange> field_changes(const Change& change) {
    const auto word = [](bool value) { return std::string(value ? "true" : "false"); };
    std::vector<FieldChange> fields;
    if (change.to.enabled) {
        fields.push_back({"enabled",
                          change.from.enabled ? std::optional(word(*change.from.enabled)) : std::nullopt,
                          word(*change.to.enabled), false});
    }
    if (change.to.name) {
        fields.push_back({"name", change.from.name, *change.to.name, true});
    }
    return fields;
}

std::string_view sign_of(const DriftReport::Item& item) {
    if (item.held) {
        return "!";
    }
    return item.change.reason == Reason::first_seen ? "+" : "~";
}

std::string describe_reason(const Change& change, WallTime now) {
    switch (change.reason) {
    case Reason::in_doubt:
        return fmt::format("in doubt: sent {} without an answer",
                           describe_age(change.known.doubt.since, now));
    case Reason::first_seen:
        return "first seen";
    case Reason::removed:
        return "taken out of the file";
    case Reason::scheduled:
        return "its time has come";
    case Reason::changed:
    case Reason::look: // neither is planned: both come about while sending
    case Reason::resync:
    case Reason::probe:
        break;
    }
    return "changed";
}

std::string describe_note(const DriftReport::Note& note, WallTime now) {
    const Change& change = note.item.change;
    return change.to.empty() && change.known.doubt.any()
               ? fmt::format("{}; sent {}", note.why, describe_age(change.known.doubt.since, now))
               : note.why;
}

std::string describe_evidence(const DriftReport::Item& item, WallTime now) {
    if (item.evidence == Evidence::none || !item.change.known.observed) {
        return "none";
    }
    return fmt::format("{} {}", to_string(item.evidence),
                       describe_age(item.change.known.observed->observed_at, now));
}

std::string describe_suspended(const Suspension& suspension, bool looks) {
    return fmt::format("sending is suspended until {}{}{}{}", format_rfc3339(suspension.until),
                       looks ? ", looks included" : "", suspension.reason.empty() ? "" : ": ",
                       suspension.reason);
}

std::string describe_verdict(const DriftReport& report) {
    if (report.in_sync()) {
        return "in sync";
    }
    std::string text = counted(report.items.size(), "change");
    if (report.held > 0) {
        text += fmt::format(", {} of them held", report.held);
    }
    if (!report.rejected.empty()) {
        text += fmt::format(", {} rejected", report.rejected.size());
    }
    if (!report.problems.empty()) {
        text += ", " + counted(report.problems.size(), "problem");
    }
    return text;
}

std::string describe_summary(const DriftReport& report) {
    const PlanCounts& counts = report.counts;
    std::string line = fmt::format("{}: {} in sync", counted(counts.managed, "managed key"), counts.in_sync);
    if (report.oldest_evidence) {
        line +=
            fmt::format(" (oldest answer {})", describe_age(*report.oldest_evidence, report.generated_at));
    }
    for (const auto& [count, what] :
         {std::pair{counts.drifted, "drifted"}, std::pair{counts.unknown, "not seen yet"},
          std::pair{counts.in_doubt, "in doubt"}, std::pair{counts.rejected, "rejected"},
          std::pair{counts.removed, "taken out of the file"}, std::pair{report.held, "held"}}) {
        if (count > 0) {
            line += fmt::format(", {} {}", count, what);
        }
    }
    return line;
}

std::string describe_hold(const DriftReport& report) {
    if (report.held == 0) {
        return {};
    }
    return fmt::format("{}{} more than may go without approval", report.unseen_disables > 0 ? "up to " : "",
                       report.held == 1 ? "1 disable is" : fmt::format("{} disables are", report.held));
}

std::string approval_digest(const DriftReport& report) {
    if (report.held == 0 || !report.hold_digest.empty()) {
        return report.hold_digest;
    }
    // Of keys never answered only a look can tell how many of them would be disabled.
    return report.unseen_disables > 0 ? "" : held_digest(report);
}

std::string count_errors(const std::vector<Diagnostic>& diagnostics) {
    const auto count = std::ranges::count(diagnostics, Severity::error, &Diagnostic::severity);
    return counted(static_cast<std::uint64_t>(count), "error");
}

} // namespace apikeyd
