// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"
#include "daemon/api/poco_transport.hpp"

#include <atomic>

namespace apikeyd {

// While it lives, the socket is shut down once the deadline has passed: whatever waits on it returns at once
// with an error or the end of the stream. It works on a descriptor of its own, so the socket may be closed
// meanwhile, and its number given to another file, without harm. Throws Poco::IOException if there are no
// descriptors left.
class DeadlineScope {
  public:
    DeadlineScope(DeadlineKeeper& keeper, MonoTime deadline, int socket);
    ~DeadlineScope();
    DeadlineScope(const DeadlineScope&) = delete;
    DeadlineScope& operator=(const DeadlineScope&) = delete;

    // Whether the socket was shut down.
    bool expired() const noexcept { return expired_; }

  private:
    friend struct DeadlineKeeper::Impl;

    DeadlineKeeper::Impl& keeper_;
    MonoTime deadline_;
    int socket_;
    std::atomic<bool> expired_ = false;
};

} // namespace apikeyd
