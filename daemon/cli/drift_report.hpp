// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "config/diagnostic.hpp"
#include "config/time.hpp"
#include "daemon/plan/guard.hpp"
#include "daemon/plan/plan.hpp"
#include "daemon/status/upcoming.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apikeyd {

// What says how a key is now.
enum class Evidence {
    none,     // no answer yet
    recorded, // an answer from before this run
    probed,   // an answer of this run, which looked at the key
};
std::string_view to_string(Evidence evidence) noexcept; // "none", ...

// What differs, ready to be written in any form. A value; the renderers stand outside it.
struct DriftReport {
    using Upcoming = apikeyd::Upcoming;
    struct Item {
        Change change;
        std::string name; // as the file wants it, else as last known; empty: neither
        std::string file;
        std::uint32_t line = 0;
        bool held = false; // the guard would not let it go without approval
        Evidence evidence = Evidence::none;
    };
    // A key of which something is to be told, and nothing to be sent.
    struct Note {
        Item item; // what the file wants of the key, or nothing; and what is known of it
        std::string why;
    };
    std::vector<Item> items; // in the order of sending
    std::vector<Note> rejected;
    std::vector<Note> unmanaged_doubt;
    PlanCounts counts;
    std::optional<WallTime> oldest_evidence; // of the keys in sync
    std::string plan_digest;
    std::string revision;                 // digest of the desired state
    std::optional<Commit> commit;         // that it comes from; nothing: not in a git work tree
    std::optional<Suspension> suspension; // nothing is sent just now
    std::vector<Upcoming> upcoming;       // the next change of each key that has one, by time
    std::uint64_t held = 0;
    std::string hold_digest;           // what to approve, as it was recorded; empty: nothing that holds still
    std::uint64_t unseen_disables = 0; // wanted of keys never answered: they may be disabled already
    std::vector<std::string> problems; // why the report may not be the whole truth, each a sentence's worth
    WallTime generated_at{};

    // Whether the world is as the file says, as far as is known.
    bool in_sync() const noexcept { return items.empty() && rejected.empty() && problems.empty(); }
};

DriftReport make_drift_report(const DesiredState& desired, Plan plan, WallTime now);

// Marks what the guard would hold: all disables of keys that may be enabled, where they are more than may go.
// `held`: what is held of this very revision, with its approval. `spared`: our own key, where disabling it is
// refused, whatever is approved.
void mark_held(DriftReport& report, const DisableLimit& max_disable, const std::optional<HeldPlan>& held,
               const std::optional<KeyId>& spared = {});

// The forms; each ends with a newline, and none passes on what a terminal or a browser would obey.
// The last line sums up. `width`: columns of the terminal, where it goes to one; rows that are longer take
// more than a line then, and what is longer even so is broken at spaces.
std::string render_drift_text(const DriftReport& report, bool color, std::optional<std::size_t> width = {});
std::string render_drift_json(const DriftReport& report);     // format version 1.0
std::string render_drift_markdown(const DriftReport& report); // fits a comment on GitHub
std::string render_drift_html(const DriftReport& report);     // one file, without scripts

// The same where there is no report, for what is wrong with what it would be made from. Text is what
// render_diagnostics() writes.
std::string render_drift_errors_json(const std::vector<Diagnostic>& errors, WallTime generated_at);
std::string render_drift_errors_markdown(const std::vector<Diagnostic>& errors);
std::string render_drift_errors_html(const std::vector<Diagnostic>& errors, WallTime generated_at);

} // namespace apikeyd
