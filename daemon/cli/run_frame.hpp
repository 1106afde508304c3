// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/file_watcher.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/notifier.hpp"
#include "daemon/runtime/service.hpp"
#include "daemon/runtime/verdict.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace apikeyd {

// What both kinds of `run` have: the loop, the log, the service manager, and the desired file that is
// followed. What it is given must outlive it.
class RunFrame {
  public:
    RunFrame(const Settings& settings, bool dry_run, Notifier& notifier);

    // `followed` is called after whatever came of the file; `before`: see DesiredFollower.
    void follow(DesiredSink& sink, const std::function<void()>& followed,
                std::optional<LastGood> before = {});

    // Tells the service manager that it is ready as soon as the loop turns. Returns when the loop was quit.
    void run();

    // To the service manager, if it is news.
    void publish(const Assessment& assessment);

    // From now on a step of the loop may take so much longer than usual: the one place that tells the
    // watchdog, and `listener`, who hears at once what holds now.
    void allow_longer_steps(std::chrono::milliseconds time);
    void on_longer_steps(std::function<void(std::chrono::milliseconds)> listener);

    // How much longer than usual a step may take, for the desired files that are in force or about to be.
    std::chrono::milliseconds step_allowance() const;
    std::uint64_t large_bytes() const noexcept { return large_bytes_; }

    EventLoop& loop() noexcept { return loop_; }
    Log& log() noexcept { return log_; }
    Notifier& notifier() noexcept { return notifier_; }
    DesiredFollower& follower() noexcept { return *follower_; }
    FileWatcher& watcher() noexcept { return *watcher_; }

  private:
    void load();

    std::string keys_;
    Log log_;
    Notifier& notifier_;
    EventLoop loop_;
    EventLoop::Timer turning_;
    std::string told_; // the sentence
    std::chrono::milliseconds allowed_{0};
    std::function<void(std::chrono::milliseconds)> longer_steps_;
    std::uint64_t large_bytes_ = 0; // of the desired files that steps may have to do with
    std::unique_ptr<DesiredFollower> follower_;
    std::unique_ptr<FileWatcher> watcher_;
};

} // namespace apikeyd
