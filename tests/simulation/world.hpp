// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "daemon/reconcile/reconciler.hpp"
#include "state/state_store.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace apikeyd::simulation {

// What must never happen, happened. The message says what.
class Violation : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// Every random choice of a run comes from here, so that a seed is the whole run.
class Dice {
  public:
    explicit Dice(std::uint64_t seed)
        : engine_(seed) {}
    bool chance(double probability) { return std::uniform_real_distribution<>(0, 1)(engine_) < probability; }
    unsigned below(unsigned bound) { return static_cast<unsigned>(engine_() % bound); }
    std::chrono::milliseconds between(int low, int high) {
        return std::chrono::milliseconds{low +
                                         static_cast<int>(below(static_cast<unsigned>(high - low + 1)))};
    }
    std::uint64_t bits() { return engine_(); }

  private:
    std::mt19937_64 engine_;
};

// One key at the API.
struct RemoteKey {
    std::string name = "theirs";
    bool enabled = true;
    Fingerprint secret{}; // stands for the secret itself
};

// What the operator wants of one key; the simulation's own copy, apart from the code under test.
struct WantedKey {
    std::optional<std::string> name;
    std::optional<bool> enabled;
    std::optional<WallTime> from = {}, until = {}; // enabled in between, unless `enabled` is false
    friend bool operator==(const WantedKey&, const WantedKey&) = default;
};
using WantedFile = std::map<KeyId, WantedKey>;

// How much goes wrong; drawn once per seed, so that seeds differ in kind.
struct Weather {
    double lost_request = 0, lost_answer = 0, unavailable = 0, throttled = 0, refused = 0, proxy_page = 0;
    double twice = 0; // a proxy repeats the request before it answers
    double crash = 0; // at each opportunity
    double edit = 0, revert = 0, foreign = 0, approve = 0, token = 0, disk_full = 0, clock = 0, suspend = 0,
           timed = 0;
    unsigned workers = 4;
    std::chrono::seconds resync{0};
    bool disable_removed = false;
    bool refresh = false; // each key is looked at before a plan
    DisableLimit max_disable = Percentage{30};
};

} // namespace apikeyd::simulation
