// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"
#include "daemon/reconcile/reconciler.hpp"

#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <vector>

namespace apikeyd {

// The clocks of this machine.
Now current_time();

// Blocks the signals that the loop takes, and these, in the calling thread and those that it starts: call
// before any thread.
void block_signals(std::initializer_list<int> further = {});

// libsystemd's sd-event behind RAII. One thread. An exception thrown by a callback ends run(), which rethrows
// it.
class EventLoop {
  public:
    using Callback = std::function<void()>;
    struct Source; // one registration

    EventLoop();
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    // One-shot, on the monotonic clock. Must not outlive the loop.
    class Timer {
      public:
        Timer(EventLoop& loop, Callback callback);
        ~Timer();
        void set(MonoTime at); // replaces an earlier time; a time in the past: at once
        void clear();
        bool armed() const noexcept { return armed_; }

      private:
        friend struct Source;
        std::unique_ptr<Source> source_;
        bool armed_ = false;
    };

    // For the loop's lifetime. The signal must be blocked.
    void on_signal(int signal, Callback callback);
    // Until the loop ends; `fd` stays the caller's and must outlive it.
    void on_readable(int fd, Callback callback);
    // After every round in which something was dispatched.
    void after_each(Callback callback);
    // Pings systemd's watchdog from this loop, where the service manager asked for it.
    void feed_watchdog();

    // Returns when quit() was called.
    void run();
    void quit();
    // One round: waits at most so long for something to dispatch.
    void step(std::chrono::milliseconds at_most);

  private:
    friend struct Source;
    void failed(std::exception_ptr error) noexcept;
    void rethrow();

    void* event_ = nullptr;
    std::vector<std::unique_ptr<Source>> sources_;
    std::exception_ptr error_;
};

} // namespace apikeyd
