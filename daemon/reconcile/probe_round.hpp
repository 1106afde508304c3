// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/api/outcome.hpp"
#include "daemon/plan/change.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace apikeyd {

// What came of the looks before a plan.
struct RefreshResult {
    std::uint64_t looked_at = 0; // answered
    std::uint64_t changed = 0;   // of those: otherwise than they were last known
    std::uint64_t failed = 0;    // no answer that tells, after all tries
    std::string stopped;         // why the rest was not looked at; empty: all of them were
};

// The looks at keys before a plan is made. A look is a PUT of the id alone, which by the API's document
// changes nothing. That is believed of a server only once it was seen: until then one key alone is looked at,
// a canary, and if its answer shows that anything but updatedAt moved, no other key is. Only a key that is
// enabled, and still is after a look, can prove it: a server that takes a field left out for false would
// leave a disabled key as it is. Decides which looks are wanted; sends nothing. Not thread-safe.
class ProbeRound {
  public:
    struct Options {
        bool proven = false;   // this server was seen to change nothing
        unsigned attempts = 5; // tries of one key
        bool patient = true;   // what concerns every key (throttled, denied) isn't counted as a try
    };
    ProbeRound(std::vector<Change> probes, Options options);

    // The looks that may be begun now; each is given once.
    std::vector<Change> wanted();

    // One is with a worker already, since an earlier refresh: its answer counts here.
    void under_way(const KeyId& id);
    bool awaits(const KeyId& id) const { return open_.contains(id); }

    enum class Next { done, again, once_more_at_once };
    // An answer to a look; `attempt` counts from 1. `again`: another try is wanted, later.
    // `once_more_at_once`: another look at the same key, to compare with.
    Next answered(const Change& probe, unsigned attempt, const Outcome& outcome);

    // No further look is wanted, nor one that isn't begun: `begun` are with a worker.
    template <typename Begun>
    void stop(const std::string& why, const Begun& begun) {
        stop(why);
        std::erase_if(open_, [&](const KeyId& id) { return !begun(id); });
        untried_.clear();
    }
    const std::string& stopped() const noexcept { return stopped_; } // why; empty: it wasn't

    // Every key had its first try: what is still awaited fails again and again.
    bool all_tried() const noexcept { return next_ == probes_.size() && untried_.empty(); }

    // What isn't `begun` is awaited no longer; which keys that are.
    template <typename Begun>
    std::vector<KeyId> give_up(const Begun& begun) {
        std::vector<KeyId> given_up;
        for (const KeyId& id : open_) {
            if (!begun(id)) {
                given_up.push_back(id);
            }
        }
        for (const KeyId& id : given_up) {
            failed(id);
        }
        return given_up;
    }

    // The keys that were answered.
    const std::unordered_set<KeyId>& seen() const noexcept { return seen_; }

    bool over() const noexcept { return open_.empty() && (!stopped_.empty() || next_ == probes_.size()); }
    bool proven() const noexcept { return proven_; }
    RefreshResult result() const;

    // How many keys there are to look at, and of how many no look is awaited any more.
    std::size_t total() const noexcept { return probes_.size(); }
    std::size_t done() const noexcept { return next_ - open_.size(); }

  private:
    void order_canaries();
    Next judge_canary(const Change& probe, const ApiKey& answer);
    Next failed(const KeyId& id);
    void stop(const std::string& why);

    std::vector<Change> probes_;
    std::size_t next_ = 0; // of probes_: those before it were given out
    Options options_;
    bool proven_;
    unsigned unanswered_ = 0;   // canaries
    unsigned inconclusive_ = 0; // canaries, too: they came back disabled, as they may have been
    std::unordered_set<KeyId> open_, untried_, seen_;
    RefreshResult counts_;
    std::string stopped_;
};

// The fields other than updatedAt in which an answer differs from the last one before it; those in doubt left
// out.
std::vector<std::string> moved_fields(const KnownKey& before, const ApiKey& answer);

} // namespace apikeyd
