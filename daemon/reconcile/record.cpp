// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/record.hpp"

#include "daemon/reconcile/transition.hpp"

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

AnswerContext context_of(const Work& work, const Answer& answer) {
    return {work.attempt,       answer.status,         answer.duration,
            work.change.source, work.origin->revision, work.origin->commit};
}

PlanMade describe(const Plan& plan) {
    PlanMade made{plan.counts,          plan.changes.size(), 0, 0, 0, plan.digest,
                  plan.unmanaged_doubt, plan.oldest_evidence};
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

std::optional<KeyChangedElsewhere> changed_elsewhere(const Change& change, const ApiKey& answer) {
    const auto& before = change.known.observed;
    if (!before) {
        return std::nullopt;
    }
    KeyChangedElsewhere event{change.id, {}, {}, change.source};
    if (!change.to.name && !change.known.doubt.name && before->name != answer.name) {
        event.before.name = before->name;
        event.after.name = answer.name;
    }
    if (!change.to.enabled && !change.known.doubt.enabled && before->enabled != answer.enabled) {
        event.before.enabled = before->enabled;
        event.after.enabled = answer.enabled;
    }
    return event.after.empty() ? std::nullopt : std::optional(std::move(event));
}

bool is_history(const Change& change, const Answer& answer) {
    if (std::holds_alternative<Rejected>(answer.outcome)) {
        return true;
    }
    if (change.reason != Reason::probe) {
        return may_have_changed(answer.outcome);
    }
    const auto* applied = std::get_if<Applied>(&answer.outcome);
    return applied != nullptr && (!change.known.observed || change.known.doubt.any() ||
                                  !moved_fields(change.known, applied->key).empty());
}

HistoryEntry history_of(const Change& change, const KnownKey& after, const Answer& answer,
                        const AnswerContext& context, WallTime now) {
    HistoryEntry entry;
    entry.at = now;
    entry.id = change.id;
    entry.reason = to_string(change.reason);
    entry.asked = change.to;
    // A field in doubt may have had either value: naming one would make our own change somebody else's.
    if (change.known.observed && !change.known.doubt.name) {
        entry.before_name = change.known.observed->name;
    }
    if (change.known.observed && !change.known.doubt.enabled) {
        entry.before_enabled = change.known.observed->enabled;
    }
    if (std::holds_alternative<Applied>(answer.outcome)) {
        entry.after_name = after.observed->name;
        entry.after_enabled = after.observed->enabled;
    }
    const bool applied = std::holds_alternative<Applied>(answer.outcome);
    const bool rejected = after.rejection && after.rejection != change.known.rejection;
    entry.outcome = rejected                       ? "rejected"
                    : applied && change.to.empty() ? "observed"
                                                   : outcome_name(answer.outcome);
    entry.detail = rejected ? after.rejection->why : outcome_detail(answer.outcome);
    entry.http_status = context.status;
    entry.attempt = context.attempt;
    entry.duration = context.duration;
    entry.source = context.source;
    entry.revision = context.revision;
    entry.commit = context.commit;
    return entry;
}

} // namespace apikeyd
