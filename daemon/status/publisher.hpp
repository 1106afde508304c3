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

// Makes snapshots of what the main thread knows, on that thread, and puts them on the board.
class StatusPublisher {
  public:
    // `last_converged`: of earlier processes, from the state. All must outlive it.
    StatusPublisher(SnapshotBoard& board, const Counters& counters, WallTime process_started,
                    std::optional<WallTime> last_converged)
        : board_(board)
        , counters_(counters)
        , process_started_(process_started)
        , last_converged_(last_converged) {}

    void publish(const Engine& engine, const DesiredFollower& follower, const Assessment& assessment,
                 WallTime now);

  private:
    SnapshotBoard& board_;
    const Counters& counters_;
    WallTime process_started_;
    std::optional<WallTime> last_converged_;
    bool converged_ = false;
    std::uint64_t number_ = 0;
    std::string verdict_;
    WallTime since_{};
};

} // namespace apikeyd
