// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/plan/plan.hpp"
#include "daemon/reconcile/event.hpp"
#include "state/known.hpp"

namespace apikeyd {

// What became of a dispatch.
struct Answer {
    KeyId id;
    Outcome outcome;
    int status = 0; // HTTP; 0: none
    std::chrono::milliseconds duration{0};
};

// A plan in numbers.
PlanMade describe(const Plan& plan);

// The line of the audit trail for an answer, but for its reconciliation. `after`: the key as the answer
// leaves it.
HistoryEntry history_of(const Change& change, const KnownKey& after, const Answer& answer,
                        const AnswerContext& context, WallTime now);

} // namespace apikeyd
