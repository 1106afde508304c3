// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "config/diagnostic.hpp"
#include "daemon/reconcile/event.hpp"
#include "daemon/runtime/log.hpp"
#include "state/known.hpp"

#include <string>
#include <vector>

namespace apikeyd {

// The events of docs/operations.md, by name and field: what scripts rely on stands here and nowhere else.

void log_event(Log& log, const Event& event);

// The returned ApiKey from a list of known fields: a new sensitive one in an answer can't slip through.
LogFields api_key_fields(const ApiKey& key);

struct StartInfo {
    std::string version, api_url, keys, state;
    bool dry_run = false;
};
void log_daemon_started(Log& log, const StartInfo& info);
void log_daemon_stopping(Log& log, const std::string& why);
// `address`: as a client names it.
void log_status_listening(Log& log, const std::string& address);
void log_desired_loaded(Log& log, const DesiredState& desired);
// One line a diagnostic; warnings of a valid file as well.
void log_desired_invalid(Log& log, const std::vector<Diagnostic>& diagnostics, bool last_good_in_force);
void log_settings_invalid(Log& log, const std::vector<Diagnostic>& diagnostics);
void log_settings_reloaded(Log& log, const std::string& file);
// A change that can't be believed to be complete yet.
void log_desired_waiting(Log& log, const std::string& file, const std::string& why);
void log_state_unavailable(Log& log, const std::string& why);
void log_state_recovered(Log& log);
// Of a dry run that goes on.
void log_report_unwritable(Log& log, const std::string& why);
// Rows that were too old, up to the newest of them.
void log_history_pruned(Log& log, const Pruning& pruning);
// What was to be pruned isn't as it was written, so nothing is.
void log_history_damaged(Log& log, const HistoryFault& fault);
void log_approval_unmatched(Log& log, const std::string& digest);
void log_token_loaded(Log& log, const std::string& source);
void log_token_invalid(Log& log, const std::string& why);

} // namespace apikeyd
