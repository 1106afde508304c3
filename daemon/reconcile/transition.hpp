// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"
#include "daemon/api/outcome.hpp"
#include "daemon/plan/change.hpp"
#include "state/known.hpp"

#include <string>
#include <vector>

namespace apikeyd {

// What is known of a key, before and after each step of a change. Pure; the store writes just what these
// return.

// The key as it must be on disk before the change is sent: the fields that it carries are in doubt, on top of
// those that already were. An earlier rejection is dropped: once other values were sent, the old ones are
// worth a new try.
KnownKey mark_in_doubt(const Change& change, WallTime now);

// The key as it is once the outcome is known. `desired`: all managed values of the file when it was sent;
// `marked_at`: when it was marked.
//   Applied                     as answered; no doubt left, since an answer shows the whole key. Where
//                               a field that was sent came back otherwise, that is a rejection.
//   Rejected                    as before it was sent, and rejected. A refused probe says nothing of
//                               values to be sent still; where none are, it is the key that was refused.
//   Throttled, NotSent, Denied  as before it was sent: the API did not act on it
//   Retryable, Unknown          in doubt, as marked: it may have been applied
KnownKey settle(const Change& change, const Fields& desired, const Outcome& outcome, WallTime marked_at,
                WallTime now);

// Whether the API may have acted on a request with this outcome.
bool may_have_changed(const Outcome& outcome) noexcept;

// The names of the fields of which the answer differs from what was known before; where nothing was known, of
// those that were sent.
std::vector<std::string> changed_fields(const Change& change, const ApiKey& answer);

} // namespace apikeyd
