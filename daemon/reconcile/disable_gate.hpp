// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/plan/guard.hpp"
#include "daemon/reconcile/work.hpp"
#include "state/known.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace apikeyd {

// The guard at work: keeps every disable of one revision of the file until it is clear how many there are,
// then lets all of them go or none. Keys that are disabled already don't count; keys of which that isn't
// known do, until they were looked at.
class DisableGate {
  public:
    // A new plan: nothing is kept, and nothing is counted but what was let go for the same revision before.
    // `approved`: ids that may be disabled whatever the number.
    void begin(const std::string& revision, std::uint64_t allowed, std::set<KeyId> approved,
               bool hold_removals);
    // Nothing will be let go any more.
    void abandon();

    // The key is wanted disabled and may be enabled. `removed`: since the file no longer names it.
    void count(const KeyId& id, bool removed);
    // It turned out that there is nothing to disable; what was let go for this revision goes on counting.
    void discount(const KeyId& id) {
        if (!released_.contains(id)) {
            counted_.erase(id);
        }
    }
    // The API refused to disable it.
    void refused(const KeyId& id) {
        counted_.erase(id);
        released_.erase(id);
    }

    // A look that must be tried once before the gate decides.
    void await(const KeyId& id) { awaited_.insert(id); }
    void tried(const KeyId& id) { awaited_.erase(id); }

    // Keeps a counted disable.
    void keep(Work work);

    // What may go now; empty while undecided or held.
    std::vector<Work> release();
    // What is held, once that is decided; nothing otherwise.
    std::optional<HeldPlan> held(WallTime now) const;

    // Another one for each change of the revision: what was let go before may not be wanted, or approved, any
    // more.
    std::uint64_t epoch() const noexcept { return epoch_; }

    bool awaits_looks() const noexcept { return !awaited_.empty(); }
    bool undecided() const noexcept { return !awaited_.empty() && !kept_.empty(); }
    std::size_t kept() const noexcept { return kept_.size(); }
    bool keeps(const KeyId& id) const { return kept_.contains(id); }

  private:
    std::string objection() const; // empty: none

    std::string revision_;
    std::uint64_t epoch_ = 1;
    std::uint64_t allowed_ = 0;
    std::set<KeyId> approved_;
    bool hold_removals_ = false;
    std::map<KeyId, bool> counted_; // without the approved; whether it was removed from the file
    std::set<KeyId> released_;      // for this revision, without approval
    std::set<KeyId> awaited_;
    std::map<KeyId, Work> kept_;
};

} // namespace apikeyd
