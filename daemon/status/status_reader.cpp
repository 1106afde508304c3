// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/status_reader.hpp"

#include "daemon/status/upcoming.hpp"
#include "state/state_store.hpp"

#include <fmt/format.h>

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

} // namespace apikeyd
