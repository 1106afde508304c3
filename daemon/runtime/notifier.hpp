// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace apikeyd {

// Tells the service manager how it goes (sd_notify(3)).
class Notifier {
  public:
    virtual ~Notifier() = default;
    virtual void ready() = 0;
    virtual void status(const std::string& sentence) = 0;
    virtual void reloading() = 0;
    virtual void stopping() = 0;
};

// By the socket that systemd names in the environment; without one it does nothing.
class SystemdNotifier final : public Notifier {
  public:
    void ready() override;
    void status(const std::string& sentence) override;
    void reloading() override;
    void stopping() override;
};

} // namespace apikeyd
