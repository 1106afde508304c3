// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.hpp"
#include "daemon/status/counters.hpp"
#include "daemon/status/listener.hpp"
#include "daemon/status/loop_pulse.hpp"
#include "daemon/status/publisher.hpp"
#include "daemon/status/snapshot.hpp"
#include "daemon/status/status_reader.hpp"
#include "daemon/status/status_server.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace apikeyd {

// What is counted for the whole of a process, whatever settings come and go.
struct ProcessHistory {
    WallTime started{};
    Counters counters;
    Published published;
};

// The status server and all that feeds it. Lives on the main thread, and must outlive the loop.
class StatusService {
  public:
    // Takes the address, and answers nothing yet. `passed`: what passed_socket() gave, where that is asked
    // for. Throws ListenError.
    StatusService(const StatusSettings& settings, int passed, std::string state_path);
    ~StatusService();
    StatusService(const StatusService&) = delete;
    StatusService& operator=(const StatusService&) = delete;

    // Begins to answer, with `told` first. All must outlive it but the loop.
    void start(EventLoop& loop, Engine& engine, const DesiredFollower& follower, ProcessHistory& history,
               const Told& told);

    // From now on a step of the loop may take so much longer than usual without being taken for hung.
    void allow_longer_steps(std::chrono::milliseconds time) { pulse_.allow_longer_steps(time); }

    // After each step that may have changed something.
    void publish(const Told& told);

    const std::string& address() const noexcept { return address_; }
    bool local() const noexcept { return local_; } // no other machine reaches it

  private:
    std::optional<Listener> listener_; // until it starts
    HostCheck hosts_;
    std::string address_;
    bool local_;
    SnapshotBoard board_;
    LoopPulse pulse_;
    StatusReader reader_;
    const Engine* engine_ = nullptr;
    const DesiredFollower* follower_ = nullptr;
    std::optional<StatusPublisher> publisher_;
    std::optional<StatusServer> server_; // last: its threads use the others
};

} // namespace apikeyd
