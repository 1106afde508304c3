// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/drift_report.hpp"

#include <fmt/format.h>

#include <utility>

namespace apikeyd {

DriftReport make_drift_report(const DesiredState& desired, Plan plan, WallTime now) {
    DriftReport report;
    report.rejected = std::move(plan.rejected);
    report.unmanaged_doubt = std::move(plan.unmanaged_doubt);
    report.counts = plan.counts;
    report.oldest_evidence = plan.oldest_evidence;
    report.plan_digest = std::move(plan.digest);
    report.revision = desired.digest();
    report.generated_at = now;
    for (Change& change : plan.changes) {
        DriftReport::Item item;
        if (const DesiredKey* key = desired.find(change.id)) {
            item.name = key->name ? std::string(*key->name) : "";
            item.file = desired.files()[key->file];
            item.line = key->line;
        }
        if (item.name.empty() && change.known.observed) {
            item.name = change.known.observed->name;
        }
        item.change = std::move(change);
        report.items.push_back(std::move(item));
    }
    return report;
}

std::string describe_age(WallTime then, WallTime now) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - then).count();
    if (seconds < 0) {
        return "in the future";
    }
    if (seconds < 1) {
        return "just now";
    }
    if (seconds < 120) {
        return fmt::format("{} s ago", seconds);
    }
    if (seconds < 2 * 3600) {
        return fmt::format("{} min ago", seconds / 60);
    }
    return seconds < 2 * 86400 ? fmt::format("{} h ago", seconds / 3600)
                               : fmt::format("{} d ago", seconds / 86400);
}

} // namespace apikeyd
