// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"
#include "state/known.hpp"

#include <map>
#include <string>
#include <vector>

namespace apikeyd {

// A part of the audit trail, ready to be written in any form. A value; the renderers stand outside it.
struct HistoryReport {
    std::vector<HistoryEntry> entries;     // oldest first
    std::map<std::string, Commit> commits; // by HistoryEntry::commit
    bool more = false;                     // there are older ones that pass the filter, too
    WallTime generated_at{};
};

// Some lines an entry, the first of which says when, which key and what happened. Ends with a newline.
std::string render_history_text(const HistoryReport& report, bool color);
std::string render_verdict_text(const HistoryVerdict& verdict, bool color);

// Format version 1.0. Ends with a newline.
std::string render_history_json(const HistoryReport& report);
std::string render_verdict_json(const HistoryVerdict& verdict, WallTime now);

} // namespace apikeyd
