// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "daemon/reconcile/reconciler.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/tally.hpp"
#include "daemon/runtime/wall_alarm.hpp"
#include "daemon/runtime/worker_pool.hpp"
#include "state/state_store.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace apikeyd {

// Something that is given each new desired state, and the commit that it comes from; nothing: not known.
class DesiredSink {
  public:
    virtual ~DesiredSink() = default;
    virtual void desired(std::shared_ptr<const DesiredState> state, std::optional<Commit> commit) = 0;
    // The file can't be used: what it said before stays in force. Once for what is wrong with it.
    virtual void unusable(const std::vector<Diagnostic>&) {}
    // It can be used again, and says what it said before.
    virtual void usable_again() {}
};

struct EngineOptions {
    Safeguards safeguards;             // as the settings say
    std::string server;                // base URL of the API
    bool refresh = false;              // look at each managed key before a plan
    std::chrono::seconds retention{0}; // how long history is kept; 0: for ever
};

// Carries out what the reconciler decides: commits, then tells, then sends; and brings it answers and time.
// Its rule is that nothing is told or sent before the batch that belongs to it is durable: while the state
// can't be written, everything waits and nothing is lost. Lives on the loop's thread, which is the only one
// that touches the store.
class Engine final : public DesiredSink {
  public:
    // `stepped` is called after everything that may have changed what the getters say.
    Engine(EventLoop& loop, Log& log, StateStore store, Reconciler reconciler, EngineOptions options,
           std::vector<std::unique_ptr<Transport>> transports, std::function<void()> stepped);

    void desired(std::shared_ptr<const DesiredState> state, std::optional<Commit> commit) override;

    // Looks at these keys, records what comes back, and does nothing else, for ever: no plan is made.
    // last_refresh() tells when it is done.
    void look_at(std::shared_ptr<const DesiredState> state, std::vector<Change> probes);

    // Is called with each event when it is told, and what it tells is durable.
    void on_event(std::function<void(const Event&)> listener) { listeners_.push_back(std::move(listener)); }

    // Is called with each answer of the API, or the lack of one, as it comes: once for every request.
    void on_answer(std::function<void(const Answer&)> listener) {
        answer_listeners_.push_back(std::move(listener));
    }

    // The token that requests carry from now on. Call before the first desired().
    void use_token(const Secret& token);

    // Lets the held plan with this digest go ("sha256:…", or the first digits of it), now or as soon as it is
    // held. A digest that isn't held is forgotten when the next plan is made.
    // `by`: the user who says so.
    void approve(const std::string& digest, const std::string& by);

    // Sends nothing until then, or again. What is under way is answered and recorded.
    void suspend(const Suspension& suspension);
    void resume(const std::string& by);

    // Nothing new is begun; stopped() tells when what was under way is answered and recorded.
    void stop();
    bool stopped() const { return stopping_ && reconciler_.quiet() && pending_.batch.empty(); }

    // Takes out of the history what is too old, now: for one that ends before its timers have a turn. A large
    // arrear is left to the next times.
    void prune_now();

    // Nothing is under way, waiting or unrecorded.
    bool idle() const { return !reconciler_.active() && pending_.batch.empty() && !plan_due_; }

    // Why the state can't be read or written just now.
    const std::optional<std::string>& state_trouble() const noexcept { return trouble_; }
    bool quiet() const { return reconciler_.quiet() && pending_.batch.empty() && !plan_due_; }
    const Reconciler& reconciler() const noexcept { return reconciler_; }
    const Tally& tally() const noexcept { return tally_; }
    bool denied() const noexcept { return reconciler_.denied(); }
    // As long as there is something to send: otherwise nothing would ever show that it is back.
    bool server_unavailable() const { return reconciler_.server_unavailable() && !idle(); }
    const std::optional<HeldPlan>& held() const noexcept { return held_; } // waits for approval
    const std::optional<ReconcileFinished>& last_finished() const noexcept { return last_finished_; }
    const std::optional<AccessDenied>& last_denial() const noexcept { return last_denial_; }
    const std::optional<RefreshFinished>& last_refresh() const noexcept { return last_refresh_; }
    const std::optional<Suspension>& suspension() const noexcept { return suspension_; }
    std::optional<Progress> progress(MonoTime now) const { return reconciler_.progress(now); }
    const std::shared_ptr<const DesiredState>& in_force() const noexcept {
        return desired_;
    } // may be nullptr
    const std::optional<Commit>& commit_in_force() const noexcept { return commit_; }
    const std::optional<WallTime>& next_transition() const noexcept { return next_turn_; } // of the file
    // As the state says, also while it can't be written: what is under way then is neither sent nor told.
    const KeyCounts& key_counts() const noexcept {
        return recorded_ ? recorded_->counts : reconciler_.key_counts();
    }
    bool disables_removed() const noexcept { return options_.safeguards.disable_removed; }
    const std::optional<KeyId>& refused_own() const noexcept { return reconciler_.refused_own(); }
    StateStore& store() noexcept { return store_; }
    // Once it is stopped: for the next engine. This one is good for nothing any more.
    StateStore release_state() { return std::move(store_); }

  private:
    void drain();
    void wake();
    void request_plan();
    void plan();
    void refresh();
    ProbedServer probed_server();
    RunInfo run_info(std::int64_t number) const;
    std::vector<Commit> commits() const;
    void moment_came();
    void want(std::shared_ptr<const DesiredState> state);
    bool catch_up();
    void take_turn();
    void lift_suspension(const std::string& by);
    void set_alarm();
    void prune();
    bool prune_step();
    void tell_pruning(const Pruning& step, bool more);
    void look_up(const std::vector<KeyId>& ids);
    void approve_held();
    void forget_approval();
    void recover();
    void see_whether_it_reads();
    void count_recorded();
    void perform(Actions actions);
    void take_back();
    void flush();
    void tell(const std::vector<Event>& events);
    void out_of_trouble();
    void in_trouble(const StateError& error);
    void stepped();

    Log& log_;
    StateStore store_;
    Reconciler reconciler_;
    std::function<void()> stepped_;
    EventLoop::Timer wake_timer_;
    EventLoop::Timer trouble_timer_;
    EventLoop::Timer prune_timer_;
    WallAlarm alarm_; // for what the file or a suspension names as a date
    std::vector<std::function<void(const Event&)>> listeners_;
    std::vector<std::function<void(const Answer&)>> answer_listeners_;

    EngineOptions options_;
    std::shared_ptr<const DesiredState> desired_;   // as of the last moment that the file names
    std::optional<WallTime> next_turn_, last_turn_; // the moments around it
    std::optional<Commit> commit_;
    bool plan_due_ = false;       // the state could not be read or written when a plan was wanted
    bool refresh_wanted_ = false; // before the next plan
    bool looks_only_ = false;
    Actions pending_; // decided, and not durable yet
    std::optional<Suspension> suspension_;
    std::optional<Secret> token_;
    std::string approval_; // a digest that was approved and is not held yet
    std::string approved_by_;
    Pruning pruned_; // the rows that weren't told yet; the last fault
    std::optional<HeldPlan> held_;
    std::optional<std::string> trouble_;
    bool replaced_ = false; // the state file is another one than we opened
    struct Recorded {
        std::shared_ptr<const DesiredState> desired;
        KeyCounts counts;
    };
    std::optional<Recorded> recorded_; // how keys stand, while what was decided since can't be recorded
    bool stopping_ = false;
    Tally tally_;
    std::optional<ReconcileFinished> last_finished_;
    std::optional<AccessDenied> last_denial_;
    std::optional<RefreshFinished> last_refresh_;

    WorkerPool pool_; // last: its threads end first
};

} // namespace apikeyd
