// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "config/settings.hpp"
#include "config/time.hpp"
#include "daemon/plan/guard.hpp"
#include "daemon/plan/plan.hpp"
#include "daemon/reconcile/brake.hpp"
#include "daemon/reconcile/disable_gate.hpp"
#include "daemon/reconcile/event.hpp"
#include "daemon/reconcile/key_tally.hpp"
#include "daemon/reconcile/probe_round.hpp"
#include "daemon/reconcile/record.hpp"
#include "daemon/reconcile/resync.hpp"
#include "daemon/reconcile/schedule.hpp"
#include "daemon/reconcile/throttle.hpp"
#include "state/state_store.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
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
    std::chrono::seconds resync{0}; // assert everything managed once in such a time; 0: never
};

// Where looks go.
struct ProbedServer {
    std::string url;     // base URL of the API
    bool proven = false; // a look was seen to change nothing there
};

// What a plan is recorded with.
struct RunInfo {
    std::int64_t number = 0; // this reconciliation's, from the store
    std::string commit;      // of the desired state, as history names it; empty: not known
};

// What a plan is judged by before it disables anything.
struct Safeguards {
    DisableLimit max_disable = Percentage{30};
    bool disable_removed = false; // the plan was made so
    OwnKey own;                   // `id` as the planner found it
    std::optional<HeldPlan> held; // what the store says was held, and perhaps approved
};

// One PUT to hand to a worker; without fields it is a look.
struct Dispatch {
    KeyId id;
    Fields fields;
    unsigned attempt = 1; // the first of this value, or a later one
};

// What the machine wants done, in this order: the batch made durable, the events told, the dispatches sent,
// and, where `withdraw` is set, whatever no worker has started taken back (and withdrawn() called with it).
// Should the batch fail, it is tried again later, and until then nothing of this is told or sent.
struct Actions {
    StateBatch batch;
    std::vector<Event> events;
    std::vector<Dispatch> dispatches;
    std::vector<KeyId> look_up; // keys of which looked_up() wants to be told what the store knows
    bool withdraw = false;

    void append(Actions&& later);
};

// One run, from a plan until all of it is answered, held or given up.
struct ReconcileRun {
    ReconciliationEntry entry;
    MonoTime started;
    std::uint64_t managed = 0;
};

// How far what is under way has come, in keys.
struct Progress {
    bool looking = false;                 // at keys, before a plan; else changes are sent
    std::uint64_t total = 0;              // keys to look at, or changes that were planned
    std::uint64_t done = 0;               // of these: nothing more will be sent for them
    std::uint64_t held = 0;               // of these: wait for approval, or for the guard to decide
    std::uint64_t retrying = 0;           // wait for another try
    std::uint64_t rejected = 0;           // by the API; some may have been before
    std::uint64_t failed = 0;             // given up
    std::optional<MonoTime> paused_until; // the API asked for a pause of all
    bool unavailable = false;             // the server is taken for dead: one trial at a time
};

// Decides what happens next. No I/O, no clock, no threads: time and events come in, actions go out.
// Level-based: after every answer the key is planned anew from what is wanted now and what is known now, so a
// file that changed meanwhile needs no case of its own. Not thread-safe.
class Reconciler {
  public:
    Reconciler(ReconcilerOptions options, RandomSource random);

    // A plan for the newest desired state: supersedes whatever was queued or waiting. What is with the
    // workers stays there and is looked at again when it is answered. Call withdrawn() before planning, so
    // that the plan sees the keys that came back.
    Actions desired_changed(std::shared_ptr<const DesiredState> desired, Plan plan, RunInfo info,
                            Safeguards safeguards, Now now);

    // Before such a plan: looks at each of these keys, and supersedes like one. When RefreshFinished is told,
    // nothing is handed out until the plan comes.
    Actions refresh(std::shared_ptr<const DesiredState> desired, std::vector<Change> probes,
                    ProbedServer server, RunInfo info, Now now);

    // Another plan is on its way: until it comes, nothing is handed out, for it may not be wanted any more.
    void await_plan() noexcept { plan_awaited_ = true; }

    // Fingerprints are made under another key from now on: answers under way can't tell which key is ours.
    void forget_fingerprints();

    Actions answered(std::vector<Answer> answers, Now now);

    // Dispatches that no worker had started: they are as before they were handed out.
    Actions withdrawn(const std::vector<KeyId>& ids, Now now);

    // Call at next_wakeup(), or whenever.
    Actions time_passed(Now now);

    // What the store knows of the keys that were asked for with `look_up`.
    Actions looked_up(const std::vector<KnownKey>& keys, Now now);

    // The token is new: what was denied is worth a try. A new plan should follow, for the token tells which
    // key is ours.
    Actions credentials_changed(Now now);

    // Nothing is handed out until resume(). Plans are made all the same.
    Actions suspend(Now now);
    Actions resume(Now now);

    // Nothing is handed out any more; quiet() tells when the rest is answered.
    Actions stop(Now now);

    // When time_passed() would do something; nothing: not before something else happens.
    std::optional<MonoTime> next_wakeup() const;

    // Nothing where nothing is under way.
    std::optional<Progress> progress(MonoTime now) const;

    // What is with the workers, as it is marked: for a state that lost its marks.
    std::vector<KnownKey> marks() const;

    bool quiet() const noexcept { return schedule_.out().empty(); } // nothing is with the workers
    bool active() const noexcept { return run_ || refresh_; }       // a reconciliation is under way
    bool refreshing() const noexcept { return refresh_.has_value(); }
    std::size_t under_way() const noexcept { return schedule_.out().size(); } // requests with the workers
    std::size_t waiting() const noexcept { return schedule_.pending(); }      // that want to go
    // Of both, those that were tried in vain so far; and those in doubt.
    std::size_t failing() const noexcept { return schedule_.failing(); }
    std::size_t in_doubt() const noexcept { return schedule_.in_doubt(); }
    bool denied() const noexcept { return brake_.denied(); }
    bool no_key_to_try() const; // that would show whether a denied token is taken again
    bool server_unavailable() const noexcept { return brake_.open(); }
    const KeyCounts& key_counts() const noexcept { return tally_.counts(); } // since the last plan
    // Our own key, where the plan would disable it and that is refused.
    const std::optional<KeyId>& refused_own() const noexcept { return refused_own_; }

  private:
    void answer_one(Answer& answer, Actions& actions, Now now);
    void learn_own_key(const Work& work, const Answer& answer);
    void learn_whether_due(const Work& work, const Answer& answer);
    void name_reason(Change& change) const;
    void record(const Work& work, const Answer& answer, const KnownKey& after, Actions& actions, Now now);
    void tell(const Work& work, const Answer& answer, const KnownKey& after, Actions& actions) const;
    void heed(const Answer& answer, Actions& actions, Now now);
    void next_for(const KnownKey& known, Work work, const Answer& answer, Actions& actions, Now now);
    void retry(Work work, const Answer& answer, Actions& actions, Now now);
    void look_further();
    void refresh_next(const KnownKey& known, Work work, const Answer& answer, Actions& actions, Now now);
    void stop_refresh(const std::string& why);
    void finish_refresh_where_done(Actions& actions, Now now);
    void close_overdue_refresh(Actions& actions, Now now);
    KeyPlan plan_anew(const KnownKey& known) const;
    void count_held(const HeldPlan& held);
    Fields wanted(const KeyId& id) const;
    void assert_again(const DesiredKey& desired, const KnownKey& known, Actions& actions);
    bool only_a_look_would_tell() const;
    std::optional<MonoTime> next_token_look() const;
    void choose_token_look(Actions& actions, Now now);
    Work first_try(Change change) const;

    void begin_gate(const Plan& plan, Actions& actions);
    void route(Work work, std::optional<MonoTime> wait_until, Actions& actions);
    void refuse_own_key(Work& work, Actions& actions);
    void schedule(Work work, std::optional<MonoTime> wait_until);
    void settle_gate(Actions& actions, Now now);
    void lift_hold(Actions& actions);

    void step(Actions& actions, Now now);
    void hand_out(Work work, Actions& actions, Now now);
    bool gives_up_on_all() const;
    void give_up_on_all();
    void finish_where_done(Actions& actions, Now now);
    void finish(Result result, Actions& actions, Now now);

    ReconcilerOptions options_;
    RandomSource random_;
    RateLimiter limiter_;
    Brake brake_;
    Schedule schedule_;
    DisableGate gate_;
    Resync resync_;
    KeyTally tally_;

    std::shared_ptr<const DesiredState> desired_;
    std::shared_ptr<const Origin> origin_; // of what is wanted now
    Safeguards safeguards_;
    std::string announced_hold_; // its digest
    std::optional<KeyId> refused_own_;
    bool plan_awaited_ = false;
    std::unordered_set<KeyId>
        fresh_; // answered since the token is this one, while we don't know which key is ours
    std::unordered_map<KeyId, WallTime> due_; // see learn_whether_due()
    std::uint64_t credentials_ = 0;           // how many tokens there were before this one
    std::size_t token_look_from_ = 0; // the position in the desired state from which a key is chosen next
    MonoTime token_look_at_{};        // not before that
    std::optional<KeyId> token_look_; // asked for with `look_up`
    bool stopping_ = false;

    bool suspended_ = false;

    std::string probed_server_;                // of the looks, its base URL
    bool proof_told_ = false;                  // that looks are harmless there
    std::optional<MonoTime> refresh_deadline_; // of what was tried and is awaited still
    std::optional<ProbeRound> refresh_;        // before a plan
    std::optional<ReconcileRun> run_;          // from a plan until all of it is answered, held or given up
};

} // namespace apikeyd
