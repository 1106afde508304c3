// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/secret.hpp"

#include <string>
#include <variant>

namespace apikeyd {

// One request to the API; the transport adds method (PUT), host, token and content type.
struct Request {
    std::string target; // relative to the base URL, starting with '/': "/api-key?id=..."
    std::string body;   // JSON
};

// A complete answer. The body is secret as a whole: every ApiKey in it carries one, and it may echo the
// token.
struct Response {
    int status = 0;
    std::string content_type; // as sent; empty: none
    std::string retry_after;  // as sent; empty: none
    Secret body;
    Secret token{}; // that was sent: nothing of it may be quoted from the body
};

// The request surely did not reach the server: no connection, no name, no TLS.
struct NotSentFailure {
    std::string why;
};

// The request may have reached the server, and no complete answer came back.
struct NoAnswerFailure {
    std::string why;
};

using Exchange = std::variant<Response, NotSentFailure, NoAnswerFailure>;

// The seam to the network. Each object is used by one thread at a time; send() blocks until the answer is
// complete or the request's deadline has passed, and doesn't throw for anything the network or server does.
// No text in a failure holds the token or any byte of a body.
class Transport {
  public:
    virtual ~Transport() = default;
    virtual Exchange send(const Request& request) = 0;
};

} // namespace apikeyd
