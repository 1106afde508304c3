// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/api/outcome.hpp"
#include "daemon/plan/change.hpp"
#include "daemon/plan/plan.hpp"
#include "daemon/reconcile/probe_round.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace apikeyd {

// What the machine wants told. Values; how they are written is the log's business.

// Of one answer, common to the events about it.
struct AnswerContext {
    unsigned attempt = 0; // counts from 1 for each wanted value
    int status = 0;       // HTTP; 0: no answer
    std::chrono::milliseconds duration{0};
    std::string source;   // file:line
    std::string revision; // digest of the desired state that asked for it
    std::string commit;   // as history names it; empty: not known
};

struct KeyUpdated {
    ApiKey key;
    std::vector<std::string> changed;
    Reason reason = Reason::changed;
    AnswerContext context;
    WallTime at = {}; // when it was so
};

// The API refused the values, or stored others.
struct KeyRejected {
    KeyId id;
    std::string why;
    AnswerContext context;
};

// No verdict; it will be tried again.
struct KeyRetry {
    KeyId id;
    std::string why;
    std::string outcome;
    bool in_doubt = false; // it may have been applied
    std::chrono::milliseconds delay{0};
    AnswerContext context;
};

// No verdict, and no further try in this run.
struct KeyGivenUp {
    KeyId id;
    std::string why;
    AnswerContext context;
};

// Somebody else changed the key since the last answer.
struct KeyChangedElsewhere {
    KeyId id;
    Fields before; // the fields that differ, as they were last known
    Fields after;  // and as they are
    std::string source;
};

// A look before a plan gave no answer that tells, and won't be tried again.
struct KeyProbeFailed {
    KeyId id;
    std::string why;
    AnswerContext context;
};

// The looks before a plan are over.
struct RefreshFinished {
    RefreshResult result;
};

struct AccessDenied {
    std::string why;
    int status = 0;
    std::chrono::milliseconds next_try{0};
};

// The key's secret is another one than at the last answer.
struct SecretChanged {
    KeyId id;
};

struct PlanMade {
    PlanCounts counts;
    std::uint64_t changes = 0;
    std::uint64_t enables = 0, renames = 0, disables = 0;
    std::string digest;
    std::vector<KeyNote> unmanaged_doubt;
    std::optional<WallTime> oldest_evidence = {}; // of the keys in sync
};

enum class Result { converged, held, incomplete, superseded, interrupted };
std::string_view to_string(Result result) noexcept;

struct ReconcileFinished {
    Result result = Result::converged;
    std::uint64_t planned = 0, applied = 0, rejected = 0, failed = 0, held = 0;
    std::uint64_t managed = 0;
    std::chrono::milliseconds duration{0};
    std::string revision;
};

// The disables of a plan wait for approval.
struct PlanHeld {
    HeldPlan plan;
};
struct PlanApproved {
    HeldPlan plan;
};

// Nothing is sent until then, or again.
struct SendingSuspended {
    Suspension suspension;
};
struct SendingResumed {
    std::string by; // the user who asked for it; empty: its time was over
};

// A moment that the file names for some keys has come: they are wanted otherwise from now on.
struct ScheduleReached {
    WallTime at{};
    std::string revision;
};

// So many failures in a row that the server is taken for dead: one trial at a time until it answers.
struct ServerUnavailable {
    std::string why;
};

using Event =
    std::variant<KeyUpdated, KeyRejected, KeyRetry, KeyGivenUp, KeyChangedElsewhere, KeyProbeFailed,
                 AccessDenied, SecretChanged, RefreshFinished, PlanMade, PlanHeld, PlanApproved,
                 SendingSuspended, SendingResumed, ScheduleReached, ServerUnavailable, ReconcileFinished>;

} // namespace apikeyd
