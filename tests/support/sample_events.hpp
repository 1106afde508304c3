// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/runtime/event_log.hpp"

#include "tests/support/desired.hpp"
#include "tests/support/keys.hpp"

#include <string>
#include <vector>

namespace apikeyd::test {

inline ApiKey sample_key() {
    ApiKey key;
    key.id = key_id(1);
    key.name = "billing";
    key.enabled = true;
    key.organization = {"5e5677d71bdc2ae763449680", "ACME"};
    key.created_at = "2024-01-01T00:00:00Z";
    key.updated_at = "2024-01-02T00:00:00Z";
    key.secret.fill(0x5A);
    return key;
}

// Each event of the machine, once with as little in it as there can be, and once with everything.
inline std::vector<Event> sample_machine_events() {
    const AnswerContext context{2, 200, std::chrono::milliseconds{17}, "keys.yaml:4", "sha256:1", "1234"};
    const HeldPlan plan{
        "sha256:0123456789abcdef", "sha256:1", "19 of 42 keys", at_second(1), {key_id(1)}, {}, {}};
    PlanMade made;
    made.digest = "sha256:1";
    made.unmanaged_doubt = {{key_id(1), "", "no answer"}, {key_id(2), "keys.yaml:4", "no answer"}};
    return {
        KeyUpdated{},
        KeyUpdated{sample_key(), {"name", "enabled"}, Reason::changed, context},
        KeyRejected{},
        KeyRejected{key_id(1), "no", context},
        KeyRetry{},
        KeyRetry{key_id(1), "no", "retryable", true, std::chrono::milliseconds{1}, context},
        KeyGivenUp{},
        KeyGivenUp{key_id(1), "no", context},
        KeyChangedElsewhere{},
        KeyChangedElsewhere{key_id(1), {"a", true}, {"b", false}, "keys.yaml:4"},
        KeyProbeFailed{},
        KeyProbeFailed{key_id(1), "no", context},
        AccessDenied{},
        AccessDenied{"HTTP 401", 401, std::chrono::milliseconds{300'000}},
        SecretChanged{},
        SecretChanged{key_id(1)},
        RefreshFinished{},
        RefreshFinished{{3, 2, 1, "the server changes what it is only asked for"}},
        PlanMade{},
        made,
        PlanHeld{},
        PlanHeld{plan},
        PlanApproved{},
        PlanApproved{plan},
        SendingSuspended{},
        SendingSuspended{{at_second(0), at_second(9), "maintenance", "ann"}},
        SendingResumed{},
        SendingResumed{"ann"},
        ScheduleReached{},
        ScheduleReached{at_second(0), "sha256:1"},
        ServerUnavailable{},
        ServerUnavailable{"no answer"},
        ReconcileFinished{},
        ReconcileFinished{Result::incomplete, 6, 1, 2, 3, 0, 7, std::chrono::milliseconds{8}, "sha256:1"}};
}

inline void log_sample_diagnostics(Log& log, const Diagnostic& diagnostic) {
    Diagnostic warning = diagnostic;
    warning.severity = Severity::warning;
    for (const bool last_good : {false, true}) {
        log_desired_invalid(log, {diagnostic, warning}, last_good);
    }
    log_settings_invalid(log, {diagnostic, warning});
}

// Every event that the log knows.
inline void log_sample_events(Log& log) {
    for (const Event& event : sample_machine_events()) {
        log_event(log, event);
    }
    log_sample_diagnostics(log, {});
    log_sample_diagnostics(log,
                           {Severity::error, "keys.yaml", 4, 9, "unknown field", "write enabled", "x", 1});
    log_daemon_started(log, {"1.0", "https://api.example.org", "keys.yaml", "state.db", true});
    log_status_listening(log, "http://127.0.0.1:9464");
    log_daemon_stopping(log, "SIGTERM");
    log_desired_loaded(log, desired_state({{key_id(1), "a", true}}));
    log_settings_reloaded(log, "apikeyd.yaml");
    log_desired_waiting(log, "keys.yaml", "being written");
    log_state_unavailable(log, "disk full");
    log_state_recovered(log);
    log_report_unwritable(log, "disk full");
    log_history_pruned(log, {5, 17, {}});
    log_history_damaged(log, {});
    log_history_damaged(log, {HistoryFault::Kind::missing, 17});
    log_approval_unmatched(log, "sha256:1");
    log_token_loaded(log, "/etc/apikeyd/api-token");
    log_token_invalid(log, "holds no token");
}

} // namespace apikeyd::test
