// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

namespace apikeyd {

// Tells the service manager how it goes (sd_notify(3)).
class Notifier {
  public:
    virtual ~Notifier() = default;
    virtual void ready() = 0;
    virtual void status(const std::string& sentence) = 0;
    virtual void reloading() = 0; // ready() ends it
    virtual void stopping() = 0;
    // What is under way (start, reload, stop) may take so long from now on. Never shortens a time.
    virtual void extend_timeout(std::chrono::milliseconds time) = 0;
    // From now on one step of the loop may take so much longer than the watchdog has patience for; 0: none.
    virtual void allow_longer_steps(std::chrono::milliseconds time) = 0;
};

// By the socket that systemd names in the environment; without one it does nothing.
class SystemdNotifier final : public Notifier {
  public:
    void ready() override;
    void status(const std::string& sentence) override;
    void reloading() override;
    void stopping() override;
    void extend_timeout(std::chrono::milliseconds time) override;
    void allow_longer_steps(std::chrono::milliseconds time) override;

  private:
    std::chrono::milliseconds allowed_{0};
};

} // namespace apikeyd
