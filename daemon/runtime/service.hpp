// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_loader.hpp"
#include "daemon/runtime/engine.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/file_watcher.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/notifier.hpp"
#include "daemon/runtime/request_file.hpp"
#include "daemon/runtime/token_store.hpp"
#include "daemon/runtime/verdict.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace apikeyd {

// Takes what `suspend` or `resume` leave beside the state to the engine, whenever they do, and takes it away
// once it is in force, durably: a crash in between loses nothing.
class SuspensionRequests {
  public:
    // All must outlive it but the loop's run().
    SuspensionRequests(EventLoop& loop, Engine& engine, std::string state_path);

  private:
    void take();
    void carried_out(const Event& event);

    Engine& engine_;
    std::string state_path_;
    std::optional<SuspensionRequest> taken_;
    FileWatcher watcher_;
};

// What the desired file said when it was good last.
struct LastGood {
    std::shared_ptr<const DesiredState> state; // never nullptr
    std::optional<Commit> commit;
    WallTime read_at{};
    std::uint64_t bytes = 0; // of its files
};

// Loads the desired file whenever it may have changed, and hands on what is new. What can't be loaded changes
// nothing: the last good state stays in force, and the reasons are logged once.
class DesiredFollower {
  public:
    // `before`: what an earlier follower of this path had in force. It is handed on as soon as it turns out
    // that the file can't be loaded now; a good first load counts instead.
    DesiredFollower(EventLoop& loop, std::string path, Log& log, DesiredSink& sink,
                    std::optional<LastGood> before = {});

    void load();
    // There may be something new, but it can't be loaded yet; the next load() ends that.
    void waiting(const std::string& why);

    // Why the file as it is now can't be used: one line; nothing if it can.
    const std::optional<std::string>& degraded() const noexcept { return degraded_; }
    // When a file that can be used was read last.
    const std::optional<WallTime>& last_good() const noexcept { return last_good_; }
    bool loaded() const noexcept { return !digest_.empty(); } // a good one, once, or the one from before
    // The state from before, for as long as it is neither handed on nor outdone.
    const std::optional<LastGood>& before() const noexcept { return before_; }

  private:
    bool may_be_committed_soon(const DesiredState& state);
    void fall_back();

    std::string path_;
    Log& log_;
    DesiredSink& sink_;
    std::optional<LastGood> before_;
    EventLoop::Timer commit_timer_;
    std::string awaited_; // digest of a state whose commit may be under way; empty: none
    MonoTime await_until_{};
    std::string digest_; // of the state in force; empty: none yet
    std::optional<std::string> degraded_;
    std::optional<WallTime> last_good_;
    std::vector<std::string> told_; // the diagnostics that were logged last
};

// How it goes, for assess(). What an engine and a follower don't know (the phase, settings, token) is left to
// the caller.
Situation situation_of(const Engine& engine, const DesiredFollower& follower);

// Stops a loop in order on SIGTERM and SIGINT: `stop` is called at the first, and the second ends the process
// at once, which leaves in doubt what is under way; `abandon` is called before that.
void stop_on_signals(EventLoop& loop, std::function<void(const std::string& why)> stop,
                     std::function<void()> abandon = {});

} // namespace apikeyd
