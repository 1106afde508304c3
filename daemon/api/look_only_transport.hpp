// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/api/transport.hpp"

#include <memory>
#include <vector>

namespace apikeyd {

// A transport that lets nothing through but looks: requests that name an id alone. For commands that promise
// to change nothing, so that the promise rests on one comparison here and on no flag elsewhere.
class LookOnlyTransport final : public Transport {
  public:
    explicit LookOnlyTransport(std::unique_ptr<Transport> transport)
        : transport_(std::move(transport)) {}

    // NotSentFailure for anything but a look.
    Exchange send(const Request& request) override;

  private:
    std::unique_ptr<Transport> transport_;
};

// All of them, wrapped.
std::vector<std::unique_ptr<Transport>> look_only(std::vector<std::unique_ptr<Transport>> transports);

} // namespace apikeyd
