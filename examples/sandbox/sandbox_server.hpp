// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "examples/sandbox/options.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace apikeyd::sandbox {

// The sandbox, listening on 127.0.0.1 and nowhere else from construction to stop(). Options that concern the
// process (port file, quiet) are left to its caller.
class SandboxServer {
  public:
    // Throws WorldError or std::invalid_argument for options that make no sense, std::system_error or
    // Poco::Exception for what the system refuses.
    explicit SandboxServer(const Options& options);
    ~SandboxServer();
    SandboxServer(const SandboxServer&) = delete;
    SandboxServer& operator=(const SandboxServer&) = delete;

    std::uint16_t port() const;
    std::string url() const; // with the base: http://127.0.0.1:4711/rest/v1
    std::size_t keys() const;

    // Ends every connection and waits until nobody serves any; more than once does no harm.
    void stop();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace apikeyd::sandbox
