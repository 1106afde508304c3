// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/status/listener.hpp"
#include "daemon/status/site.hpp"

#include <chrono>
#include <cstddef>
#include <memory>

namespace apikeyd {

struct ServerLimits {
    // Connections that are served at once; what comes beyond them waits in the kernel's short queue.
    std::size_t connections = 8;
    // From a connection's first moment to the last byte of its answer, whatever the client does.
    std::chrono::milliseconds whole{10'000};
    std::chrono::milliseconds idle{5'000}; // between two bytes
};

// Answers HTTP on a socket, by threads of its own, one request a connection. Nothing of the daemon waits for
// it.
class StatusServer {
  public:
    // Begins at once. What the site's handlers use must outlive it.
    StatusServer(Listener listener, Site site, ServerLimits limits = {});
    // Cuts off what is under way.
    ~StatusServer();
    StatusServer(const StatusServer&) = delete;
    StatusServer& operator=(const StatusServer&) = delete;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace apikeyd
