// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/drift_report.hpp"
#include "daemon/status/words.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace apikeyd {

// What the forms for people say alike. Pure; what comes from outside (names, files, reasons) is returned as
// it is, to be escaped by each form in its own way.

// The items of one kind, in the order of sending.
struct DriftGroup {
    ChangeKind kind;
    std::vector<const DriftReport::Item*> items;
    std::uint64_t held = 0;
};
std::vector<DriftGroup> group_items(const DriftReport& report); // none of them empty
std::string describe_group(const DriftGroup& group);            // "disable (12, 10 held)"

// One field of a change.
struct FieldChange {
    std::string_view field;
    std::optional<std::string> from; // nothing: not known
    std::string to;
    bool is_text = false; // a name, which reads better in quotes
};
std::vector<FieldChange> field_changes(const Change& change);

std::string_view sign_of(const DriftReport::Item& item); // + first seen, ~ changed, ! held
std::string describe_reason(const Change& change, WallTime now);
std::string describe_note(const DriftReport::Note& note, WallTime now);     // of a doubt, also since when
std::string describe_evidence(const DriftReport::Item& item, WallTime now); // "recorded 3 min ago", "none"

// "sending is suspended until 2026-…, looks included: the reason". `looks`: that matters here.
std::string describe_suspended(const Suspension& suspension, bool looks);

// "in sync", "5 changes, 2 of them held, 1 rejected"
std::string describe_verdict(const DriftReport& report);
// One sentence with the counts. Never 'in sync' without the age of what says so.
std::string describe_summary(const DriftReport& report);
// "up to 12 disables are more than may go without approval"; empty: nothing is held.
std::string describe_hold(const DriftReport& report);
// Digest of what there is to approve; empty: nothing is held, or what that will be isn't certain yet.
std::string approval_digest(const DriftReport& report);

std::string count_errors(const std::vector<Diagnostic>& diagnostics); // "2 errors"; warnings aside

} // namespace apikeyd
