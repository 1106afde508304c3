// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/record.hpp"

#include <variant>

namespace apikeyd {

std::string_view to_string(Result result) noexcept {
    switch (result) {
    case Result::converged:
        return "converged";
    case Result::held:
        return "held";
    case Result::incomplete:
        return "incomplete";
    case Result::superseded:
        return "superseded";
    case Result::interrupted:
        return "interrupted";
    }
    return "";
}

PlanMade describe(const Plan& plan) {
    PlanMade made{plan.counts, plan.changes.size(), 0, 0, 0, plan.digest, plan.unmanaged_doubt};
    for (const Change& change : plan.changes) {
        switch (sending_rank(change)) {
        case 0:
            ++made.enables;
            break;
        case 1:
            ++made.renames;
            break;
        default:
            ++made.disables;
        }
    }
    return made;
}

HistoryEntry history_of(const Change& change, const KnownKey& after, const Answer& answer,
                        const AnswerContext& context, WallTime now) {
    HistoryEntry entry;
    entry.at = now;
    entry.id = change.id;
    entry.reason = to_string(change.reason);
    entry.asked = change.to;
    if (change.known.observed) {
        entry.before_name = change.known.observed->name;
        entry.before_enabled = change.known.observed->enabled;
    }
    if (std::holds_alternative<Applied>(answer.outcome)) {
        entry.after_name = after.observed->name;
        entry.after_enabled = after.observed->enabled;
    }
    entry.outcome = after.rejection ? "rejected" : outcome_name(answer.outcome);
    entry.detail = after.rejection ? after.rejection->why : outcome_detail(answer.outcome);
    entry.http_status = context.status;
    entry.attempt = context.attempt;
    entry.duration = context.duration;
    entry.source = context.source;
    entry.revision = context.revision;
    return entry;
}

} // namespace apikeyd
