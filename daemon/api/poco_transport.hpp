// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/secret.hpp"
#include "daemon/api/transport.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace apikeyd {

// Bytes. A larger answer is no ApiKey.
inline constexpr std::size_t max_response_size = 1'048'576;

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

// One keep-alive connection over Poco::Net. The token is asked for with every request, so that a new one is
// used at once. Host name and certificate are verified, TLS 1.2 at least, plain http to this machine only;
// redirects are not followed, proxies of the environment not used; the connection is dropped after any error
// and any left-over byte. `timeout` bounds everything but the look-up of the name, which the resolver bounds
// (resolv.conf(5)). The process must ignore SIGPIPE. Throws std::runtime_error if the URL is no base URL or
// the TLS context can't be made (an unreadable ca_file, say).
//
// The token source is called from the transport's thread; it must be thread-safe and must not throw. Without
// a token it returns an empty one.
using TokenSource = std::function<Secret()>;
std::unique_ptr<Transport> make_poco_transport(const TransportOptions& options, TokenSource token,
                                               DeadlineKeeper& deadlines);

// The same for several workers, who share what is read of the CA certificates (some 15 ms and a megabyte).
std::vector<std::unique_ptr<Transport>> make_poco_transports(std::size_t count,
                                                             const TransportOptions& options,
                                                             const TokenSource& token,
                                                             DeadlineKeeper& deadlines);

} // namespace apikeyd
