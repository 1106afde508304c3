// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"
#include "daemon/runtime/request_file.hpp"
#include "state/known.hpp"
#include "state/state_store.hpp"

#include <string>

namespace apikeyd {

// A line of the audit trail that is about no key. `by`: the user who asked for it; empty: nobody did.
HistoryEntry history_note(std::string reason, std::string detail, const std::string& by, WallTime at);

// What is to be stored when sending is suspended, or resumed.
void record_suspension(StateBatch& batch, const Suspension& suspension);
void record_resumption(StateBatch& batch, const std::string& by, WallTime now);

// Has a suspension of another state go on in this one. False: its time is over, or this one is suspended for
// as long already. Throws StateError.
bool carry_suspension(StateStore& store, const Suspension& suspension, WallTime now);

// Carries out a request to suspend or resume, as the one writer, where no engine runs.
void record_request(StateStore& store, const SuspensionRequest& request, WallTime now);

} // namespace apikeyd
