// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "config/time.hpp"
#include "daemon/api/retry.hpp"
#include "daemon/plan/plan.hpp"
#include "daemon/reconcile/event.hpp"
#include "daemon/reconcile/record.hpp"
#include "daemon/reconcile/throttle.hpp"
#include "state/state_store.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace apikeyd {

struct Now {
    MonoTime mono;
    WallTime wall;
};

struct ReconcilerOptions {
    std::size_t window = 16; // changes handed out and not answered, at most
    RetryPolicy retry;       // of one key
    double rate_limit = 0;   // changes handed out a second; 0: no limit
    std::optional<unsigned>
        max_attempts; // of one key; nothing: no end (a daemon), else it gives up (a pipeline)
    std::chrono::milliseconds denied_retry{std::chrono::minutes{5}};
};

// One PUT to hand to a worker.
struct Dispatch {
    KeyId id;
    Fields fields;
};

// What the machine wants done, in this order: the batch made durable, the events told, the dispatches sent,
// and, where `withdraw` is set, whatever no worker has started taken back (and withdrawn() called with it).
// Should the batch fail, it is tried again later, and until then nothing of this is told or sent.
struct Actions {
    StateBatch batch;
    std::vector<Event> events;
    std::vector<Dispatch> dispatches;
    bool withdraw = false;

    void append(Actions&& later);
};

// Decides what happens next. No I/O, no clock, no threads: time and events come in, actions go out.
// Level-based: after every answer the key is planned anew from what is wanted now and what is known now, so a
// file that changed meanwhile needs no case of its own. Not thread-safe.
class Reconciler {
  public:
    Reconciler(ReconcilerOptions options, RandomSource random);

    // A plan for the newest desired state: supersedes whatever was queued or waiting. What is with the
    // workers stays there and is looked at again when it is answered. Call withdrawn() before planning, so
    // that the plan sees the keys that came back. `number`: this reconciliation's, from the store.
    Actions desired_changed(std::shared_ptr<const DesiredState> desired, Plan plan, std::int64_t number,
                            Now now);

    Actions answered(std::vector<Answer> answers, Now now);

    // Dispatches that no worker had started: they are as before they were handed out.
    Actions withdrawn(const std::vector<KeyId>& ids, Now now);

    // Call at next_wakeup(), or whenever.
    Actions time_passed(Now now);

    // The token or the settings are new: what was denied is worth a try.
    Actions credentials_changed(Now now);

    // Nothing is handed out any more; quiet() tells when the rest is answered.
    Actions stop(Now now);

    // When time_passed() would do something; nothing: not before something else happens.
    std::optional<MonoTime> next_wakeup() const;

    bool quiet() const noexcept { return outstanding_.empty(); }  // nothing is with the workers
    bool active() const noexcept { return current_.has_value(); } // a reconciliation is under way
    bool denied() const noexcept { return denied_; }

  private:
    struct Work {
        Change change;
        Fields desired;       // all managed values when it was handed out
        unsigned attempt = 0; // tries before this one
        std::string revision;
        WallTime marked_at{};
    };

    void answer_one(Answer& answer, Actions& actions, Now now);
    static AnswerContext context_of(const Work& work, const Answer& answer);
    void tell(const Work& work, const Answer& answer, const KnownKey& after, Actions& actions) const;
    void next_for(const KnownKey& known, Work work, const Answer& answer, Actions& actions, Now now);
    void retry(Work work, const Answer& answer, Actions& actions, Now now);
    void pause_where_told(const Answer& answer, Actions& actions, Now now);
    void wait(Work work, MonoTime until);
    void dispatch(Actions& actions, Now now);
    bool may_dispatch(Now now) const;
    bool barred(const Change& change) const;
    std::optional<Work> take_next(Now now);
    std::optional<Work> take_back(const KeyId& id);
    void hand_out(Work work, Actions& actions, Now now);
    void finish_where_done(Actions& actions, Now now);
    void finish(Result result, Actions& actions, Now now);
    const DesiredKey* desired_key(const KeyId& id) const;

    ReconcilerOptions options_;
    RandomSource random_;
    RateLimiter limiter_;

    std::shared_ptr<const DesiredState> desired_;
    std::vector<Change> queue_; // from next_ on: not handed out yet, in order
    std::size_t next_ = 0;
    std::multimap<MonoTime, Work> waiting_; // by the time of their next try
    std::unordered_map<KeyId, Work> outstanding_;
    std::array<std::size_t, 3> first_tries_{}; // of the outstanding, by sending rank

    MonoTime paused_until_{};
    unsigned throttled_in_a_row_ = 0;
    bool denied_ = false;
    MonoTime denied_try_at_{};
    std::optional<KeyId> denied_try_; // the one request that finds out whether it still holds
    bool stopping_ = false;

    struct Run {
        ReconciliationEntry entry;
        MonoTime started;
        std::uint64_t managed = 0;
    };
    std::optional<Run> current_; // there whenever anything is queued, waiting or with the workers
};

} // namespace apikeyd
