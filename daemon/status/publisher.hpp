// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/runtime/engine.hpp"
#include "daemon/runtime/service.hpp"
#include "daemon/runtime/verdict.hpp"
#include "daemon/status/counters.hpp"
#include "daemon/status/snapshot.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace apikeyd {

// What outlives a publisher: in a process with changed settings the next one goes on from it.
struct Published {
    std::uint64_t number = 0; // of the last snapshot
    std::optional<WallTime> last_converged;
};

// What is told of the whole, by whoever sees all of it.
struct Told {
    Assessment assessment;
    bool settings_refused = false; // as they are now; those from before are in force
    bool token_refused = false;    // likewise
};
Told told_of(const Situation& situation);

// Makes snapshots of what the main thread knows, on that thread, and puts them on the board.
class StatusPublisher {
  public:
    // All must outlive it.
    StatusPublisher(SnapshotBoard& board, const Counters& counters, WallTime process_started,
                    Published& published)
        : board_(board)
        , counters_(counters)
        , process_started_(process_started)
        , published_(published) {}

    void publish(const Engine& engine, const DesiredFollower& follower, const Told& told, WallTime now);

  private:
    SnapshotBoard& board_;
    const Counters& counters_;
    WallTime process_started_;
    Published& published_;
    bool converged_ = false;
    std::string verdict_;
    WallTime since_{};
};

} // namespace apikeyd
