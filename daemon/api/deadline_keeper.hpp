// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/descriptor.hpp"
#include "config/time.hpp"
#include "daemon/api/poco_transport.hpp"

#include <atomic>
#include <memory>

namespace apikeyd {

// A second descriptor of a socket: the first may be closed, and its number given to another file, without
// harm to who holds this one. The connection itself stays open as long as one of them is. Throws
// Poco::IOException if there are no descriptors left.
std::shared_ptr<const Descriptor> second_descriptor(int socket);

// While it lives, the socket is shut down once the deadline has passed: whatever waits on it returns at once
// with an error or the end of the stream. It needs a descriptor that others don't close.
class DeadlineScope {
  public:
    DeadlineScope(DeadlineKeeper& keeper, MonoTime deadline, std::shared_ptr<const Descriptor> socket);
    ~DeadlineScope();
    DeadlineScope(const DeadlineScope&) = delete;
    DeadlineScope& operator=(const DeadlineScope&) = delete;

    // Whether the socket was shut down.
    bool expired() const noexcept { return expired_; }

  private:
    friend struct DeadlineKeeper::Impl;

    DeadlineKeeper::Impl& keeper_;
    MonoTime deadline_;
    std::shared_ptr<const Descriptor> socket_;
    std::atomic<bool> expired_ = false;
};

} // namespace apikeyd
