// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "config/time.hpp"
#include "daemon/plan/plan.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace apikeyd {

// What differs, ready to be written in any form. A value; the renderers stand outside it.
struct DriftReport {
    struct Item {
        Change change;
        std::string name; // as the file wants it, else as last known; empty: neither
        std::string file;
        std::uint32_t line = 0;
    };
    std::vector<Item> items; // in the order of sending
    std::vector<KeyNote> rejected;
    std::vector<KeyNote> unmanaged_doubt;
    PlanCounts counts;
    std::optional<WallTime> oldest_evidence; // of the keys in sync
    std::string plan_digest;
    std::string revision; // digest of the desired state
    WallTime generated_at{};

    // Whether the world is as the file says, as far as is known.
    bool in_sync() const noexcept { return items.empty() && rejected.empty(); }
};

DriftReport make_drift_report(const DesiredState& desired, Plan plan, WallTime now);

// A line a key, aligned; the last line sums up. Ends with a newline.
std::string render_drift_text(const DriftReport& report, bool color);

// Format version 1.0. Ends with a newline.
std::string render_drift_json(const DriftReport& report);

// "3 min ago"; for times to come "in the future", since clocks differ.
std::string describe_age(WallTime then, WallTime now);

} // namespace apikeyd
