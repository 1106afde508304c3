// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/plan/plan.hpp"
#include "daemon/reconcile/event.hpp"
#include "daemon/reconcile/work.hpp"
#include "state/known.hpp"

namespace apikeyd {

// What became of a dispatch.
struct Answer {
    KeyId id;
    Outcome outcome;
    int status = 0; // HTTP; 0: none
    std::chrono::milliseconds duration{0};
    unsigned attempt = 1; // as the dispatch says
};

AnswerContext context_of(const Work& work, const Answer& answer);

// A plan in numbers.
PlanMade describe(const Plan& plan);

// What of an answer somebody else must have done: it differs from what was known of fields that were neither
// sent nor in doubt.
std::optional<KeyChangedElsewhere> changed_elsewhere(const Change& change, const ApiKey& answer);

// Whether an answer belongs into the audit trail. What can't have changed anything (a refused connection,
// say) is no history of the key, nor is a look before a plan that found nothing new.
bool is_history(const Change& change, const Answer& answer);

// The line of the audit trail for an answer, but for its reconciliation. `after`: the key as the answer
// leaves it.
HistoryEntry history_of(const Change& change, const KnownKey& after, const Answer& answer,
                        const AnswerContext& context, WallTime now);

} // namespace apikeyd
