// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"
#include "daemon/status/json_rows.hpp"
#include "daemon/status/upcoming.hpp"
#include "state/state_store.hpp"

#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace apikeyd {

// Which keys to show. Of several conditions one is enough; none: all keys.
struct StatusFilter {
    std::optional<KeyId> key;
    bool in_doubt = false;
    bool rejected = false;
    bool held = false;

    bool any() const noexcept { return key || in_doubt || rejected || held; }
};

// What the state says besides its keys, ready to be written in any form. What else is to be told of the whole
// goes in here.
struct StatusReport {
    StateCounts counts;
    std::optional<HeldPlan> held;
    std::optional<Suspension> suspension; // one that is in force
    std::optional<ReconciliationEntry> last;
    std::optional<std::vector<Upcoming>> upcoming; // nothing: the desired file can't be read now
    WallTime generated_at{};
    bool filtered = false; // not all keys are to be shown

    // What only a running daemon can say.
    struct Running {
        std::string verdict; // one word
        std::string sentence;
        WallTime since{}; // the word holds
    };
    std::optional<Running> running;
    // The keys are one page of several: behind which key the next one begins; nothing inside: it is the last.
    std::optional<std::optional<KeyId>> next_after;
    std::size_t most_listed = std::numeric_limits<std::size_t>::max(); // held ids

    // Whether the key's disable waits for approval.
    bool holds(const KeyId& id) const;
    std::uint64_t held_count() const { return held && !held->approved_at ? held->ids.size() : 0; }
};

StatusReport make_status_report(StateStore& store, WallTime now);

// The keys to show, one after the other; nullptr at the end. Valid until the next call.
using KeySource = std::function<const KnownKey*()>;

bool passes(const StatusFilter& filter, const StatusReport& report, const KnownKey& key);

// Format version 1.0. Ends with a newline.
std::string render_status_json(const StatusReport& report, const KeySource& next,
                               JsonLayout layout = JsonLayout::indented);

} // namespace apikeyd
