// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "state/known.hpp"

#include <string>

namespace apikeyd {

// What a row of the audit trail says, alike for a terminal and for a page. Pure; what comes from outside is
// returned as it is, to be escaped by each form in its own way.

// The fields of an entry that are otherwise than was known, though nothing of ours asked for it.
struct ForeignChange {
    bool name = false;
    bool enabled = false;
    bool any() const noexcept { return name || enabled; }
};
ForeignChange foreign_change(const HistoryEntry& entry);

enum class HistoryTone {
    plain,   // about no key
    better,  // enabled
    worse,   // disabled, or refused
    changed, // anything else
};
struct HistoryWords {
    std::string text; // "enabled: true -> false"
    HistoryTone tone = HistoryTone::plain;
};
HistoryWords what_happened(const HistoryEntry& entry);

std::string name_in_history(const HistoryEntry& entry); // the newest that the entry knows; empty: none

} // namespace apikeyd
