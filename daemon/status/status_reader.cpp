// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/status_reader.hpp"

#include "daemon/status/upcoming.hpp"
#include "state/state_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace apikeyd {

namespace {

constexpr std::size_t most_listed = 100; // held ids, and changes to come

StateStore open(const std::string& path) {
    auto store = StateStore::open_beside_writer(path);
    if (!store) {
        throw StateError(StateError::Kind::replaced, fmt::format("{}: there is no state file", path));
    }
    return *std::move(store);
}

} // namespace

std::shared_ptr<const StatusReport> StatusReader::report(const StatusSnapshot& snapshot, WallTime now) {
    const std::lock_guard lock(mutex_);
    if (!report_ || number_ != snapshot.number) {
        StateStore store = open(state_path_);
        auto report = std::make_shared<StatusReport>(make_status_report(store, now));
        report->most_listed = most_listed;
        report->running = StatusReport::Running{snapshot.verdict, snapshot.sentence, snapshot.since};
        if (snapshot.desired) {
            report->upcoming = upcoming_changes(*snapshot.desired, &store, most_listed);
        }
        number_ = snapshot.number;
        report_ = std::move(report);
    }
    return report_;
}

std::vector<KnownKey> StatusReader::keys(const std::optional<KeyId>& after, std::size_t at_most) const {
    return open(state_path_).known_after(after, at_most);
}

RecentHistory StatusReader::history(std::size_t at_most) const {
    StateStore store = open(state_path_);
    RecentHistory recent;
    HistoryFilter filter;
    filter.limit = at_most;
    recent.entries = store.history(filter);
    std::ranges::reverse(recent.entries);
    for (const HistoryEntry& entry : recent.entries) {
        if (!entry.commit.empty() && !recent.commits.contains(entry.commit)) {
            if (auto commit = store.commit_of(entry.commit)) {
                recent.commits.emplace(entry.commit, *std::move(commit));
            }
        }
    }
    return recent;
}

std::shared_ptr<const KeyTable> StatusReader::key_table(const StatusSnapshot& snapshot,
                                                        const StatusReport& report, const KeyQuery& query) {
    const auto turn = tables_.enter();
    if (!turn) {
        return nullptr;
    }
    if (!table_ || table_number_ != snapshot.number || table_query_ != query) {
        table_ = std::make_shared<const KeyTable>(scan(snapshot, report, query));
        table_number_ = snapshot.number;
        table_query_ = query;
    }
    return table_;
}

KeyTable StatusReader::scan(const StatusSnapshot& snapshot, const StatusReport& report,
                            const KeyQuery& query) const {
    StateStore store = open(state_path_);
    const RowRules rules{snapshot.disable_removed, [&report](const KeyId& id) { return report.holds(id); },
                         snapshot.refused_own};
    // Under way until the end: all that is read is of one moment, whatever is written meanwhile.
    const auto one_moment = store.known();
    one_moment->next();
    return make_key_table(
        snapshot.desired.get(), store.known(), [&store](const KeyId& id) { return store.find(id); }, rules,
        query);
}

} // namespace apikeyd
