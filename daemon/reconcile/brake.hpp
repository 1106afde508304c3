// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"
#include "daemon/api/outcome.hpp"
#include "daemon/api/retry.hpp"

#include <chrono>
#include <cstddef>
#include <optional>

namespace apikeyd {

// What concerns all keys at once: whether anything may be sent now.
//
// Three things stop sending. A 429 pauses everything for as long as the server says. A denied token, and a
// server that fails again and again, leave room for one trial at a time: every few minutes for the token,
// with growing delays for the server, until a trial is answered.
class Brake {
  public:
    struct Options {
        RetryPolicy retry;
        std::chrono::milliseconds denied_retry{std::chrono::minutes{5}};
        unsigned failures_to_open = 10; // in a row, from any keys
    };
    explicit Brake(Options options)
        : options_(options) {}

    // What an answer says about the rest. `random`: for the delays.
    struct Heard {
        bool stop_others = false;  // what isn't begun should be taken back
        bool newly_denied = false; // or denied still, at a trial
        bool newly_open = false;   // the server is taken for dead
    };
    Heard heard(const Outcome& outcome, const RandomSource& random, MonoTime now);

    // How many may be with the workers in all at this time.
    std::size_t room(std::size_t window, std::size_t outstanding, MonoTime now) const;

    // The first time from `at` on when there is room for something while nothing is outstanding.
    MonoTime opens(MonoTime at) const;
    bool one_at_a_time() const noexcept { return denied_ || open_; }

    // Something was handed out.
    void handed_out(MonoTime now);

    // What was handed out last was taken back unsent: if it was the trial, another may go at once.
    void taken_back(MonoTime now);

    // New credentials: what was denied may pass.
    void renew_credentials() noexcept { denied_ = false; }
    // The operator wants something else: worth a trial at once, except of a denied token.
    void renew_trial(MonoTime now);

    bool denied() const noexcept { return denied_; }
    bool open() const noexcept { return open_; }
    MonoTime paused_until() const noexcept { return paused_until_; }
    unsigned failed_trials() const noexcept { return failed_trials_; }

  private:
    void failed(Heard& heard, const RandomSource& random, MonoTime now);
    void answered() noexcept;

    Options options_;
    MonoTime paused_until_{};
    unsigned throttled_in_a_row_ = 0;
    bool denied_ = false;
    bool open_ = false; // the circuit
    unsigned failures_in_a_row_ = 0;
    unsigned failed_trials_ = 0;
    MonoTime trial_at_{};
    bool trial_out_ = false;
};

} // namespace apikeyd
