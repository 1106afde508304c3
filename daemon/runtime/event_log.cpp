// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/event_log.hpp"

#include "daemon/runtime/digest.hpp"

#include <utility>

namespace apikeyd {

namespace {

std::int64_t number(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

void append_context(LogFields& fields, const AnswerContext& context) {
    fields.push_back({"attempt", std::int64_t{context.attempt}});
    if (context.status != 0) {
        fields.push_back({"status", std::int64_t{context.status}});
    }
    fields.push_back({"duration_ms", std::int64_t{context.duration.count()}});
    fields.push_back({"source", context.source});
    fields.push_back({"revision", context.revision});
}

void log_one(Log& log, const KeyUpdated& event) {
    LogFields fields = {{"api_key", api_key_fields(event.key)},
                        {"changed", event.changed},
                        {"reason", std::string(to_string(event.reason))}};
    append_context(fields, event.context);
    log.event(LogLevel::info, "api_key_updated", fields);
}

void log_one(Log& log, const KeyRejected& event) {
    LogFields fields = {{"id", event.id.to_string()}, {"why", event.why}};
    append_context(fields, event.context);
    log.event(LogLevel::error, "api_key_rejected", fields);
}

void log_one(Log& log, const KeyRetry& event) {
    LogFields fields = {{"id", event.id.to_string()},
                        {"why", event.why},
                        {"outcome", event.outcome},
                        {"in_doubt", event.in_doubt},
                        {"delay_ms", std::int64_t{event.delay.count()}}};
    append_context(fields, event.context);
    log.event(LogLevel::warning, "api_key_retry", fields);
}

void log_one(Log& log, const KeyGivenUp& event) {
    LogFields fields = {{"id", event.id.to_string()}, {"why", event.why}};
    append_context(fields, event.context);
    log.event(LogLevel::error, "api_key_given_up", fields);
}

LogFields fields_of(const Fields& values) {
    LogFields fields;
    if (values.enabled) {
        fields.push_back({"enabled", *values.enabled});
    }
    if (values.name) {
        fields.push_back({"name", *values.name});
    }
    return fields;
}

void log_one(Log& log, const KeyChangedElsewhere& event) {
    LogFields fields = {
        {"id", event.id.to_string()}, {"before", fields_of(event.before)}, {"after", fields_of(event.after)}};
    if (!event.source.empty()) {
        fields.push_back({"source", event.source});
    }
    log.event(LogLevel::warning, "api_key_changed_elsewhere", fields);
}

void log_one(Log& log, const KeyProbeFailed& event) {
    LogFields fields = {{"id", event.id.to_string()}, {"why", event.why}};
    append_context(fields, event.context);
    log.event(LogLevel::warning, "api_key_probe_failed", fields);
}

void log_one(Log& log, const RefreshFinished& event) {
    const RefreshResult& result = event.result;
    LogFields fields = {{"looked_at", number(result.looked_at)},
                        {"changed", number(result.changed)},
                        {"failed", number(result.failed)}};
    if (!result.stopped.empty()) {
        fields.push_back({"stopped", result.stopped});
    }
    log.event(result.stopped.empty() ? LogLevel::info : LogLevel::error, "refresh_finished", fields);
}

void log_one(Log& log, const SendingSuspended& event) {
    log.event(LogLevel::warning, "sending_suspended",
              {{"until", format_rfc3339(event.suspension.until)},
               {"why", event.suspension.reason},
               {"by", event.suspension.by}});
}

void log_one(Log& log, const SendingResumed& event) {
    log.event(LogLevel::info, "sending_resumed",
              {{"why", event.by.empty() ? std::string("its time was over") : "asked for by " + event.by}});
}

void log_one(Log& log, const ScheduleReached& event) {
    log.event(LogLevel::info, "schedule_reached",
              {{"at", format_rfc3339(event.at)}, {"revision", event.revision}});
}

void log_one(Log& log, const AccessDenied& event) {
    log.event(LogLevel::error, "api_access_denied",
              {{"why", event.why},
               {"status", std::int64_t{event.status}},
               {"next_try_ms", std::int64_t{event.next_try.count()}}});
}

void log_one(Log& log, const SecretChanged& event) {
    log.event(LogLevel::warning, "secret_changed", {{"id", event.id.to_string()}});
}

void log_one(Log& log, const PlanMade& event) {
    log.event(LogLevel::info, "plan_made",
              {{"changes", number(event.changes)},
               {"enables", number(event.enables)},
               {"renames", number(event.renames)},
               {"disables", number(event.disables)},
               {"managed", number(event.counts.managed)},
               {"in_sync", number(event.counts.in_sync)},
               {"removed", number(event.counts.removed)},
               {"rejected", number(event.counts.rejected)},
               {"digest", event.digest}});
    for (const KeyNote& note : event.unmanaged_doubt) {
        LogFields fields = {{"id", note.id.to_string()}, {"why", note.why}};
        if (!note.source.empty()) {
            fields.push_back({"source", note.source});
        }
        log.event(LogLevel::warning, "key_in_doubt", fields);
    }
}

void log_one(Log& log, const PlanHeld& event) {
    log.event(LogLevel::error, "plan_held",
              {{"digest", event.plan.digest},
               {"held", number(event.plan.ids.size())},
               {"why", event.plan.why},
               {"since", format_rfc3339(event.plan.since)},
               {"approve", "apikeyd approve " + short_digest(event.plan.digest)},
               {"revision", event.plan.revision}});
}

void log_one(Log& log, const PlanApproved& event) {
    log.event(LogLevel::warning, "plan_approved",
              {{"digest", event.plan.digest},
               {"held", number(event.plan.ids.size())},
               {"revision", event.plan.revision}});
}

void log_one(Log& log, const ServerUnavailable& event) {
    log.event(LogLevel::error, "api_unavailable", {{"why", event.why}});
}

void log_one(Log& log, const ReconcileFinished& event) {
    const bool well = event.result == Result::converged || event.result == Result::superseded;
    log.event(well ? LogLevel::info : LogLevel::warning, "reconcile_finished",
              {{"result", std::string(to_string(event.result))},
               {"planned", number(event.planned)},
               {"applied", number(event.applied)},
               {"rejected", number(event.rejected)},
               {"failed", number(event.failed)},
               {"held", number(event.held)},
               {"managed", number(event.managed)},
               {"duration_ms", std::int64_t{event.duration.count()}},
               {"revision", event.revision}});
}

LogFields diagnostic_fields(const Diagnostic& diagnostic) {
    LogFields fields = {{"file", diagnostic.file},
                        {"line", std::int64_t{diagnostic.line}},
                        {"column", std::int64_t{diagnostic.column}},
                        {"message", diagnostic.message}};
    if (!diagnostic.hint.empty()) {
        fields.push_back({"hint", diagnostic.hint});
    }
    return fields;
}

} // namespace

void log_event(Log& log, const Event& event) {
    std::visit([&](const auto& one) { log_one(log, one); }, event);
}

LogFields api_key_fields(const ApiKey& key) {
    return {{"id", key.id.to_string()},
            {"enabled", key.enabled},
            {"name", key.name},
            {"organization", LogFields{{"id", key.organization.id}, {"name", key.organization.name}}},
            {"createdAt", key.created_at},
            {"updatedAt", key.updated_at},
            {"secret", std::string("[redacted]")}};
}

void log_daemon_started(Log& log, const StartInfo& info) {
    log.event(LogLevel::info, "daemon_started",
              {{"version", info.version},
               {"api_url", info.api_url},
               {"keys", info.keys},
               {"state", info.state},
               {"dry_run", info.dry_run}});
}

void log_daemon_stopping(Log& log, const std::string& why) {
    log.event(LogLevel::info, "daemon_stopping", {{"why", why}});
}

void log_status_listening(Log& log, const std::string& address) {
    log.event(LogLevel::info, "status_listening", {{"address", address}});
}

void log_desired_loaded(Log& log, const DesiredState& desired) {
    log.event(LogLevel::info, "desired_loaded",
              {{"keys", number(desired.keys().size())},
               {"files", number(desired.files().size())},
               {"revision", desired.digest()}});
}

void log_desired_invalid(Log& log, const std::vector<Diagnostic>& diagnostics, bool last_good_in_force) {
    for (const Diagnostic& diagnostic : diagnostics) {
        LogFields fields = diagnostic_fields(diagnostic);
        if (diagnostic.severity == Severity::error) {
            fields.push_back({"last_good_in_force", last_good_in_force});
            log.event(LogLevel::error, "desired_invalid", fields);
        } else {
            log.event(LogLevel::warning, "desired_warning", fields);
        }
    }
}

void log_settings_invalid(Log& log, const std::vector<Diagnostic>& diagnostics) {
    for (const Diagnostic& diagnostic : diagnostics) {
        const bool error = diagnostic.severity == Severity::error;
        log.event(error ? LogLevel::error : LogLevel::warning,
                  error ? EventName("settings_invalid") : EventName("settings_warning"),
                  diagnostic_fields(diagnostic));
    }
}

void log_settings_reloaded(Log& log, const std::string& file) {
    log.event(LogLevel::info, "settings_reloaded", {{"file", file}});
}

void log_desired_waiting(Log& log, const std::string& file, const std::string& why) {
    log.event(LogLevel::warning, "desired_waiting", {{"file", file}, {"why", why}});
}

void log_state_unavailable(Log& log, const std::string& why) {
    log.event(LogLevel::error, "state_unavailable", {{"why", why}});
}

void log_state_recovered(Log& log) {
    log.event(LogLevel::info, "state_recovered", {});
}

void log_report_unwritable(Log& log, const std::string& why) {
    log.event(LogLevel::error, "report_unwritable", {{"why", why}});
}

void log_history_pruned(Log& log, const Pruning& pruning) {
    log.event(LogLevel::info, "history_pruned", {{"rows", number(pruning.rows)}, {"up_to", pruning.up_to}});
}

void log_history_damaged(Log& log, const HistoryFault& fault) {
    LogFields fields;
    if (fault.seq > 0) {
        fields.push_back({"row", fault.seq});
    }
    fields.push_back({"why", std::string("the history is not as it was written; nothing of it is pruned. "
                                         "`apikeyd history --verify` tells more")});
    log.event(LogLevel::error, "history_damaged", fields);
}

void log_approval_unmatched(Log& log, const std::string& digest) {
    log.event(LogLevel::warning, "approval_unmatched",
              {{"digest", digest}, {"why", std::string("no plan with this digest is held")}});
}

void log_token_loaded(Log& log, const std::string& source) {
    log.event(LogLevel::info, "token_loaded", {{"source", source}});
}

void log_token_invalid(Log& log, const std::string& why) {
    log.event(LogLevel::error, "token_invalid", {{"why", why}});
}

} // namespace apikeyd
