// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "config/time.hpp"
#include "daemon/reconcile/key_tally.hpp"
#include "daemon/status/counters.hpp"
#include "state/known.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace apikeyd {

// What the main thread lets others know, as of one of its steps. Small, whatever the number of keys: what
// there is to say of each key stands in the desired state, which is shared, and in the state file, which has
// room for readers.
struct StatusSnapshot {
    std::uint64_t number = 0; // another one for each snapshot, ascending

    // How it goes: one word, one sentence, and since when the word holds.
    std::string verdict; // "in_sync", "converging", ...
    std::string sentence;
    WallTime since{};

    // Of the desired file. What is in force is what it said when it was good last; nullptr: it never was.
    std::shared_ptr<const DesiredState> desired;
    bool last_load_good = false;
    std::optional<WallTime> last_good_load;
    std::string load_problem; // why the last load wasn't good; one line

    // What was refused as it is now; what was in force before is still.
    bool settings_refused = false;
    bool token_refused = false;

    // Why nothing is sent, or nothing can be; each empty where that isn't so.
    std::string denial;
    std::string state_trouble;
    bool api_unavailable = false;
    std::optional<Suspension> suspension;

    std::uint64_t held_disables = 0;
    std::string hold_digest; // "sha256:…"; empty: nothing waits for approval

    KeyCounts keys;
    bool disable_removed = false;           // what becomes of a key that the file doesn't name any more
    std::optional<KeyId> refused_own;       // the key whose disable is refused since its secret is our token
    bool converged = false;                 // everything is as it is wanted, as far as the answers tell
    std::optional<WallTime> last_converged; // when it was last so, or is so still; nothing: never
    std::optional<WallTime> next_transition;

    WallTime process_started{};
    Counters counters;
};

// Where the newest snapshot lies. Thread-safe; a reader keeps what it took.
class SnapshotBoard {
  public:
    void publish(std::shared_ptr<const StatusSnapshot> snapshot) {
        const std::lock_guard lock(mutex_);
        current_.swap(snapshot); // the old one goes outside of the lock, if this was its last holder
    }
    std::shared_ptr<const StatusSnapshot> current() const { // never nullptr
        const std::lock_guard lock(mutex_);
        return current_;
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const StatusSnapshot> current_ = std::make_shared<const StatusSnapshot>();
};

} // namespace apikeyd
