// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/drift_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace apikeyd {

std::string_view to_string(Evidence evidence) noexcept {
    switch (evidence) {
    case Evidence::none:
        return "none";
    case Evidence::recorded:
        return "recorded";
    case Evidence::probed:
        return "probed";
    }
    return "";
}

namespace {

DriftReport::Item item_of(const DesiredState& desired, Change change) {
    DriftReport::Item item;
    if (const DesiredKey* key = desired.find(change.id)) {
        item.name = key->name ? std::string(*key->name) : "";
        item.file = desired.files()[key->file];
        item.line = key->line;
    }
    if (item.name.empty() && change.known.observed) {
        item.name = change.known.observed->name;
    }
    item.evidence = change.known.observed ? Evidence::recorded : Evidence::none;
    item.change = std::move(change);
    return item;
}

std::vector<DriftReport::Note> notes_of(const DesiredState& desired, std::vector<KeyNote> from) {
    std::vector<DriftReport::Note> notes;
    for (KeyNote& note : from) {
        Change change{note.id,         std::move(note.to),     std::move(note.from),
                      Reason::changed, std::move(note.source), std::move(note.known)};
        notes.push_back({item_of(desired, std::move(change)), std::move(note.why)});
    }
    return notes;
}

} // namespace

DriftReport make_drift_report(const DesiredState& desired, Plan plan, WallTime now) {
    DriftReport report;
    report.rejected = notes_of(desired, std::move(plan.rejected));
    report.unmanaged_doubt = notes_of(desired, std::move(plan.unmanaged_doubt));
    report.counts = plan.counts;
    report.oldest_evidence = plan.oldest_evidence;
    report.plan_digest = std::move(plan.digest);
    report.revision = desired.digest();
    report.generated_at = now;
    for (Change& change : plan.changes) {
        report.items.push_back(item_of(desired, std::move(change)));
    }
    return report;
}

void mark_held(DriftReport& report, const DisableLimit& max_disable, const std::optional<HeldPlan>& held,
               const std::optional<KeyId>& spared) {
    const auto counts_as_disable = [&](const Change& change) {
        return change.disables() && may_be_enabled(change.known) && change.id != spared &&
               !(held && std::ranges::binary_search(held->approved, change.id));
    };
    std::uint64_t removals = 0;
    std::vector<KeyId> disables;
    for (const DriftReport::Item& item : report.items) {
        if (counts_as_disable(item.change)) {
            disables.push_back(item.change.id);
            removals += item.change.reason == Reason::removed ? 1 : 0;
            report.unseen_disables += item.change.known.observed ? 0 : 1;
        }
    }
    const PlanCounts& counts = report.counts;
    const bool emptied = counts.managed == 0 && removals > 0;
    if (!emptied && disables.size() <= allowed_disables(max_disable, counts.managed + counts.removed)) {
        return;
    }
    std::ranges::sort(disables);
    for (DriftReport::Item& item : report.items) {
        item.held = std::ranges::binary_search(disables, item.change.id);
    }
    report.held = disables.size();
    // Looks that were recorded since then may have shown that there is less to disable: that is another plan.
    const bool holds_still = held && !held->approved_at && std::ranges::includes(disables, held->ids);
    report.hold_digest = holds_still ? held->digest : "";
}

} // namespace apikeyd
