// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/secret.hpp"
#include "daemon/api/transport.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace apikeyd {

// Bytes. A larger answer is no ApiKey.
inline constexpr std::size_t max_response_size = 1024 * 1024;

struct TransportOptions {
    std::string base_url;              // https://host[:port]/path, or http to loopback; no trailing slash
    std::string ca_file;               // PEM; empty: the system's
    std::chrono::milliseconds timeout; // one request, start to end, whatever the server does
    std::string user_agent;
};

// Ends requests whose deadline has passed: Poco::Net's timeouts are per read, so a server that drips can hold
// a request for ever. One thread of its own, asleep while no deadline is near. Thread-safe; must outlive the
// transports that use it.
class DeadlineKeeper {
  public:
    DeadlineKeeper();
    ~DeadlineKeeper();
    DeadlineKeeper(const DeadlineKeeper&) = delete;
    DeadlineKeeper& operator=(const DeadlineKeeper&) = delete;

    struct Impl;
    Impl& impl() noexcept { return *impl_; }

  private:
    std::unique_ptr<Impl> impl_;
};

// One keep-alive session over Poco::Net. The token is asked for with every request, so that a new one is used
// at once. Host name and certificate are verified, TLS 1.2 at least; redirects are not followed; the session
// is dropped after any error, any 1xx and any left-over byte. Throws std::runtime_error if the TLS context
// can't be made (an unreadable ca_file, say).
using TokenSource = std::function<Secret()>; // called from the transport's thread; must be thread-safe
std::unique_ptr<Transport> make_poco_transport(const TransportOptions& options, TokenSource token,
                                               DeadlineKeeper& deadlines);

} // namespace apikeyd
