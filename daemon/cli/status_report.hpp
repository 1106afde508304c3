// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"
#include "daemon/cli/drift_report.hpp"
#include "daemon/cli/json_rows.hpp"
#include "state/state_store.hpp"

#include <functional>
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
    std::optional<std::vector<DriftReport::Upcoming>> upcoming; // nothing: the desired file can't be read now
    WallTime generated_at{};
    bool filtered = false; // not all keys are to be shown

    // Whether the key's disable waits for approval.
    bool holds(const KeyId& id) const;
    std::uint64_t held_count() const { return held && !held->approved_at ? held->ids.size() : 0; }
};

StatusReport make_status_report(StateStore& store, WallTime now);

// The keys to show, one after the other; nullptr at the end. Valid until the next call.
using KeySource = std::function<const KnownKey*()>;

bool passes(const StatusFilter& filter, const StatusReport& report, const KnownKey& key);

// The keys that pass, from the state, which must outlive it, as must the others.
KeySource keys_to_show(StateStore& store, const StatusFilter& filter, const StatusReport& report);

// What the desired file will change by itself, of the keys that pass. Nothing: it can't be read, which is no
// reason to show nothing of the state; what is wrong with it, `validate` and the log tell.
std::optional<std::vector<DriftReport::Upcoming>>
upcoming_by_the_file(const std::string& path, const StatusFilter& filter, StateStore& store, WallTime now);

// What concerns all keys, each as one line (`held`: with lines of its own for the commands), without a
// newline at its end; empty: there is nothing to tell.
struct StatusWords {
    std::string counts, suspension, held, last;
    std::vector<std::string> coming;
};
StatusWords status_words(const StatusReport& report, bool color);

// A line a key, and nothing else. `widest_name`: columns beyond which a name doesn't push the others further.
std::string render_status_keys(const StatusReport& report, const KeySource& next, bool color,
                               std::size_t widest_name);

// A line a key, then what concerns all. Ends with a newline.
std::string render_status_text(const StatusReport& report, const KeySource& next, bool color);

// Format version 1.0. Ends with a newline.
std::string render_status_json(const StatusReport& report, const KeySource& next,
                               JsonLayout layout = JsonLayout::indented);

} // namespace apikeyd
