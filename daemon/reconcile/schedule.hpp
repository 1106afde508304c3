// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"
#include "daemon/reconcile/work.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace apikeyd {

// All work of the reconciler: queued in order, waiting for its time, or with the workers. Decides which comes
// next.
//
// What hurts waits for what helps: nothing is begun while there is work of an earlier rank that the API had
// no chance to act on yet. Work that was tried bars nothing, or one bad key would hold up the others; and
// where nothing gets through to the API, nothing is held up by waiting. What locks us out waits for
// everything.
class Schedule {
  public:
    // Behind everything of its rank or an earlier one. A key that is contained already must not be added
    // again.
    void queue(Work work);
    void wait(Work work, MonoTime until);
    // Whatever isn't with the workers is dropped.
    void clear();

    // The next that is due and not barred; nothing if there is none now.
    std::optional<Work> take(MonoTime now);
    // When take() may give something, if nothing else happens; nothing: not before an answer.
    std::optional<MonoTime> next() const;

    // With the workers, and back from them. At most one work a key.
    void handed_out(Work work);
    std::optional<Work> returned(const KeyId& id);
    bool is_out(const KeyId& id) const { return out_.contains(id); }
    // Queued, waiting, or with the workers.
    bool contains(const KeyId& id) const { return pending_.contains(id) || out_.contains(id); }
    const std::unordered_map<KeyId, Work>& out() const noexcept { return out_; }

    std::size_t pending() const noexcept { return pending_.size(); } // not with the workers
    // Of all, those that were tried before and got no verdict; and those that the API may have acted on.
    std::size_t failing() const noexcept { return failing_; }
    std::size_t in_doubt() const noexcept { return in_doubt_; }
    bool empty() const noexcept { return out_.empty() && pending() == 0; }

  private:
    bool barred(const Work& work) const;
    const std::deque<Work>* first_ready() const;
    void count(const Work& work);
    void discount(const Work& work);

    std::array<std::deque<Work>, Work::ranks> queues_; // by rank
    std::multimap<MonoTime, Work> waiting_;            // by the time of their next try
    std::unordered_set<KeyId> pending_;                // the ids of both
    std::unordered_map<KeyId, Work> out_;
    std::array<std::size_t, Work::ranks> untried_{}; // of all, by rank
    std::size_t failing_ = 0;
    std::size_t in_doubt_ = 0;
};

} // namespace apikeyd
