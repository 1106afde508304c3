// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "config/key.hpp"
#include "daemon/plan/change.hpp"
#include "daemon/plan/guard.hpp"
#include "state/known.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace apikeyd {

// How a managed key stands. Exactly one holds.
enum class Standing {
    in_sync,  // every managed field was last answered as desired
    drifted,  // a managed field was answered otherwise
    unknown,  // no answer yet
    in_doubt, // a managed field was sent without an answer that settles it
    rejected, // the API refused just these values, or the key that had them; nothing is sent until the file
              // asks for others, or a look shows that the key is there
};

// What one key calls for.
struct KeyPlan {
    Standing standing = Standing::in_sync;
    std::optional<Change> change; // present unless in sync or rejected
};

// Something to tell of a key for which nothing is sent. There are few of them, so each is whole.
struct KeyNote {
    KeyId id;
    std::string source; // file:line; empty: not in the file
    std::string why;
    Fields to = {};      // what would be sent but for that; empty where the file manages nothing of it, or
                         // where the key was last answered as it is wanted
    Fields from = {};    // as a change's
    KnownKey known = {}; // what was known of the key when this was decided
};

struct PlanCounts {
    std::uint64_t managed = 0; // keys of the file with at least one managed field; the sum of the next five
    std::uint64_t in_sync = 0, drifted = 0, unknown = 0, in_doubt = 0, rejected = 0;
    std::uint64_t removed = 0; // keys that the file no longer names and that are to be disabled
};

struct PlanOptions {
    bool disable_removed = false; // what becomes of a key taken out of the file
    OwnKey own;                   // to find out which key is ours
};

// What is to be done, in the order in which it is to be sent: enables before renames before disables, so that
// what helps comes first and what hurts comes last; within each by id. A value without clock or I/O.
struct Plan {
    std::vector<Change> changes;
    std::vector<KeyNote> rejected; // keys with standing 'rejected'
    std::vector<KnownKey> lapsed;  // keys as they are to be known now that a rejection has lapsed: the file
                                   // asks for something else than what was refused
    std::vector<KeyNote>
        unmanaged_doubt; // keys in doubt in a field that the file doesn't manage: told, not touched
    PlanCounts counts;
    std::optional<WallTime> oldest_evidence; // of the keys in sync: the oldest answer that says so
    std::optional<KeyId> own_id;             // the key that apikeyd itself uses, where that is known
    std::string digest; // "sha256:…" over ids, from and to of the changes; not over lines

    bool empty() const noexcept { return changes.empty(); }
};

// The desired keys beside the known ones, both in order of id: one pass, and nobody holds the state in
// memory.
Plan make_plan(const DesiredState& desired, KnownSequence& known, const PlanOptions& options = {});

// A look at each managed key, in order of id: what is sent where the operator wants to know, before a plan is
// made, how the keys really are. `known` as above.
std::vector<Change> plan_probes(const DesiredState& desired, KnownSequence& known);

// The same of one key. `known` may be nullptr: never seen or sent.
Change plan_probe(const DesiredState& desired, const DesiredKey& key, const KnownKey* known);

// The same as make_plan() for one key of the state. `known` may be nullptr: never seen or sent.
KeyPlan plan_key(const DesiredState& desired, const DesiredKey& key, const KnownKey* known);

// For a known key that the file doesn't name, where such keys are to be disabled.
KeyPlan plan_removed_key(const KnownKey& known);

// Everything managed, whatever is known; nothing where the API refused just that.
std::optional<Change> plan_assertion(const DesiredKey& desired, const KnownKey& known,
                                     const std::string& source);

// The managed fields of a desired key.
Fields managed_fields(const DesiredKey& desired);

// The order of sending: 0 where something is enabled, 2 where something is disabled, 1 otherwise.
int sending_rank(const Change& change) noexcept;

// "sha256:…" over what would be sent and from what; equal for equal changes in equal order.
std::string plan_digest(const std::vector<Change>& changes);

} // namespace apikeyd
