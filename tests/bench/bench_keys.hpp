// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_loader.hpp"
#include "config/time.hpp"
#include "state/known.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace apikeyd::bench {

// What the API that is measured against answers as each key's secret.
inline constexpr std::string_view secret_of_every_key = "bench-secret";

inline WallTime wall_now() {
    return std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
}

// A desired file whose keys have name and state. Throws std::runtime_error.
inline DesiredState require_keys(const std::string& path) {
    Loaded<DesiredState> desired = load_desired(path, wall_now());
    if (!desired) {
        throw std::runtime_error(path + ": not valid");
    }
    return std::move(*desired.value);
}

// What is known of a key that the API has answered with just what the file says.
inline KnownKey answered_as_desired(const DesiredKey& desired, const Fingerprint& secret, WallTime now) {
    KnownKey known;
    known.id = desired.id;
    known.observed = Observed{std::string(desired.name.value()),
                              desired.enabled.value(),
                              "2026-01-01T00:00:00.000Z",
                              "2026-01-01T00:00:00.000Z",
                              now,
                              secret};
    return known;
}

// A line of history as an answered change of a name leaves it behind.
inline HistoryEntry renamed(const DesiredKey& key, WallTime at) {
    HistoryEntry entry;
    entry.at = at;
    entry.id = key.id;
    entry.reconciliation = 1;
    entry.reason = "changed";
    entry.asked.name = std::string(key.name.value());
    entry.before_name = "the name before";
    entry.before_enabled = key.enabled;
    entry.after_name = entry.asked.name;
    entry.after_enabled = key.enabled;
    entry.outcome = "applied";
    entry.http_status = 200;
    entry.attempt = 1;
    entry.duration = std::chrono::milliseconds{12};
    entry.source = "keys.yaml:" + std::to_string(key.line);
    entry.revision = "sha256:b04c4c50ae08876e3d57ba19fc98d51e5ac05a12e246f76d86e7f2e46183086e";
    return entry;
}

} // namespace apikeyd::bench
