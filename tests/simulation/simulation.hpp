// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/world.hpp"

namespace apikeyd::simulation {

// One run: the real reconciler, planner and SQLite store against a simulated API, clock, file and network,
// under one random source. Checks the invariants at every step and at rest.
//
// What the network may do is what the product assumes of it (docs/testing.md): a request is applied before
// its deadline or never.
class Simulation {
  public:
    // `trace`: a line for everything that happens.
    explicit Simulation(std::uint64_t seed, bool trace = false);

    // Throws Violation.
    void run();

    std::uint64_t requests() const noexcept { return requests_; }

  private:
    // One request on the wire, and what will come of it.
    struct Flight {
        unsigned incarnation;
        Dispatch dispatch;
        Fields wanted; // of its key, by the file at the time
        MonoTime applies_at, answers_at;
        bool applied = false;
        enum class Fate {
            answered,
            lost_request,
            lost_answer,
            unavailable,
            throttled,
            refused,
            proxy_page
        } fate;
        bool twice = false;
        bool denied = false; // as it was when the API looked at it
        RemoteKey result{};  // the key as the API left it, which is what it answers
    };

    // --- the daemon around the machine, as the engine does it
    void start();
    void crash();
    void plan();
    void perform(Actions actions);
    void take_back();
    void flush();
    void fill_workers();
    void launch(const Dispatch& dispatch);

    // --- the world
    void land(Flight& flight);
    Answer answer_of(const Flight& flight);
    void edit();
    void write_file(WantedFile file);
    void forget_the_old_file();
    void replan();
    void turn();
    std::optional<WallTime> next_moment() const;
    void foreign_change();
    void approve();
    void suspend();
    void resume();
    void change_token();
    void chaos();
    MonoTime next_event() const;
    void advance_to(MonoTime time);
    void step();
    void remember_refused(const std::map<KeyId, Fields>& refused);
    void come_to_rest();
    bool stopping_point(); // a crash may happen here

    // --- invariants
    void check_dispatch(const Dispatch& dispatch);
    void check_disables(const Dispatch& dispatch, const KnownKey& known);
    void check_bounds() const;
    void check_wakeup() const;
    void check_rest();
    bool settled(const KeyId& id, const WantedKey& wanted);
    bool rejects(const KeyId& id, const Fields& fields) const;
    bool denied_for_nothing() const;
    void trace(const std::string& what) const;
    void trace(const std::vector<Event>& events) const;
    long milliseconds() const;
    [[noreturn]] void violated(const std::string& what) const;

    Dice dice_;
    Weather weather_;
    StateStore store_;
    std::optional<Reconciler> machine_;
    unsigned incarnation_ = 0;
    Now now_{MonoTime{std::chrono::hours{1}}, WallTime{std::chrono::seconds{1'700'000'000}}};

    // the engine's part
    Actions pending_;
    bool plan_due_ = false;
    bool refresh_wanted_ = false;
    std::optional<Suspension> suspension_;
    MonoTime disk_full_until_{};
    std::deque<Dispatch> queue_; // handed to the pool, not begun
    bool halted_ = false;
    std::vector<Flight> flights_;

    // the operator's part
    WantedFile written_, previous_written_;
    WantedFile file_; // what is written, as of now
    std::shared_ptr<const DesiredState> desired_;
    std::set<KeyId> ever_wanted_;

    // the API's part
    std::map<KeyId, RemoteKey> remote_;
    Fingerprint token_{};
    bool token_valid_ = true;
    unsigned fresh_secrets_ = 0;
    std::set<KeyId> foreign_; // changed by somebody else since we last heard of them

    // what the invariants remember
    std::map<KeyId, Fields> rejected_; // values that were refused, while the file asks for them
    std::set<KeyId> disabled_;         // in this incarnation, for this intent, without approval
    bool faults_ = true;
    std::uint64_t requests_ = 0;
    std::uint64_t seed_;
    bool trace_;
};

} // namespace apikeyd::simulation
