// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/suspension.hpp"

#include <utility>

namespace apikeyd {

HistoryEntry history_note(std::string reason, std::string detail, const std::string& by, WallTime at) {
    HistoryEntry entry;
    entry.at = at;
    entry.reason = std::move(reason);
    entry.detail = std::move(detail);
    entry.actor = by;
    return entry;
}

void record_suspension(StateBatch& batch, const Suspension& suspension) {
    const std::string why = suspension.reason.empty() ? "" : ": " + suspension.reason;
    batch.suspension.emplace(suspension);
    batch.history.push_back(history_note("suspended", "until " + format_rfc3339(suspension.until) + why,
                                         suspension.by, suspension.since));
}

void record_resumption(StateBatch& batch, const std::string& by, WallTime now) {
    batch.suspension.emplace(std::nullopt);
    batch.history.push_back(history_note("resumed", by.empty() ? "when its time was over" : "", by, now));
}

bool carry_suspension(StateStore& store, const Suspension& suspension, WallTime now) {
    const auto own = store.suspension();
    if (suspension.until <= now || (own && own->until >= suspension.until)) {
        return false;
    }
    StateBatch batch;
    record_suspension(batch, suspension);
    batch.history.back().at = now;
    batch.history.back().detail += "; goes on from another state";
    store.commit(batch);
    return true;
}

void record_request(StateStore& store, const SuspensionRequest& request, WallTime now) {
    StateBatch batch;
    if (request.until) {
        record_suspension(batch, {now, *request.until, request.reason, request.by});
    } else if (store.suspension()) {
        record_resumption(batch, request.by, now);
    }
    store.commit(batch);
}

} // namespace apikeyd
