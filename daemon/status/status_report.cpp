// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/status_report.hpp"

#include <algorithm>

namespace apikeyd {

bool StatusReport::holds(const KeyId& id) const {
    return held_count() > 0 && std::ranges::binary_search(held->ids, id);
}

StatusReport make_status_report(StateStore& store, WallTime now) {
    StatusReport report;
    report.counts = store.counts();
    report.held = store.held_plan();
    report.suspension = suspension_in_force(store, now);
    report.last = store.last_reconciliation();
    report.generated_at = now;
    return report;
}

bool passes(const StatusFilter& filter, const StatusReport& report, const KnownKey& key) {
    const bool any = filter.in_doubt || filter.rejected || filter.held;
    return (!filter.key || *filter.key == key.id) &&
           (!any || (filter.in_doubt && key.doubt.any()) || (filter.rejected && key.rejection) ||
            (filter.held && report.holds(key.id)));
}

} // namespace apikeyd
