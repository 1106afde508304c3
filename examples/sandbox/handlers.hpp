// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "examples/sandbox/sandbox_api.hpp"

#include <Poco/Net/HTTPRequestHandlerFactory.h>

namespace apikeyd::sandbox {

// Makes the handler of each request. Owns neither; both outlive every handler.
class HandlerFactory : public Poco::Net::HTTPRequestHandlerFactory {
  public:
    HandlerFactory(SandboxApi& api, const Stopper& stopper)
        : api_(api)
        , stopper_(stopper) {}

    Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest& request) override;

  private:
    SandboxApi& api_;
    const Stopper& stopper_;
};

} // namespace apikeyd::sandbox
