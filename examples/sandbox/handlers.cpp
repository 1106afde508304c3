// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/handlers.hpp"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/HTTPServerSession.h>
#include <Poco/String.h>
#include <Poco/URI.h>

#include <variant>

namespace apikeyd::sandbox {

namespace {

using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerRequestImpl;
using Poco::Net::HTTPServerResponse;

constexpr std::size_t max_body = 1 << 20;

// The client went away, or said less than it announced: nothing must be applied.
struct Incomplete {};

std::variant<std::string, Refusal, Incomplete> read_body(HTTPServerRequest& request) {
    const bool chunked = request.getChunkedTransferEncoding();
    if (!chunked && !request.hasContentLength()) {
        const auto& method = request.getMethod();
        if (method == "PUT" || method == "POST") {
            return Refusal{411, "BAD_USER_INPUT", "A body needs a Content-Length"};
        }
        return std::string{};
    }
    std::string body;
    char buffer[8192];
    while (request.stream().read(buffer, sizeof buffer), request.stream().gcount() > 0) {
        body.append(buffer, static_cast<std::size_t>(request.stream().gcount()));
        if (body.size() > max_body) {
            return Refusal{413, "BAD_USER_INPUT", "The body is too long"};
        }
    }
    if (!chunked && body.size() != static_cast<std::size_t>(request.getContentLength64())) {
        return Incomplete{};
    }
    return body;
}

std::optional<std::string> bearer_of(const HTTPServerRequest& request) {
    const std::string value = request.get("Authorization", "");
    const auto blank = value.find(' ');
    if (blank == std::string::npos || Poco::icompare(value.substr(0, blank), std::string("bearer")) != 0) {
        return std::nullopt;
    }
    return Poco::trim(value.substr(blank));
}

// The key that a request names in its query, before anything else of it is read.
std::optional<KeyId> key_of(const Poco::URI::QueryParameters& query) {
    for (const auto& [name, value] : query) {
        if (name == "id") {
            return KeyId::parse(value);
        }
    }
    return std::nullopt;
}

class Handler : public Poco::Net::HTTPRequestHandler {
  public:
    Handler(SandboxApi& api, const Stopper& stopper)
        : api_(api)
        , stopper_(stopper) {}

    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        // Every answer here has a body, which one to HEAD must not have: nothing may follow it.
        const bool may_last = response.getKeepAlive() && request.getMethod() != "HEAD";
        response.setKeepAlive(serve(request, may_last));
    }

  private:
    // Whether the connection may be used for another request.
    bool serve(HTTPServerRequest& request, bool keep_alive) {
        auto& client = dynamic_cast<HTTPServerRequestImpl&>(request).socket();
        auto body = read_body(request);
        if (std::holds_alternative<Incomplete>(body)) {
            return false;
        }
        if (const auto* refusal = std::get_if<Refusal>(&body)) {
            return deliver(client, refusal_answer(*refusal), Manner::whole, false, stopper_);
        }
        Poco::URI uri;
        Poco::URI::QueryParameters query;
        try {
            uri = request.getURI();
            query = uri.getQueryParameters();
        } catch (const Poco::SyntaxException&) {
            const Refusal refusal{400, "BAD_USER_INPUT", "The request's target is no URI"};
            return deliver(client, refusal_answer(refusal), Manner::whole, keep_alive, stopper_);
        }
        if (uri.getPath().starts_with("/sandbox/")) {
            const Answer answer =
                api_.answer_admin(request.getMethod(), uri.getPath(), query, std::get<std::string>(body));
            return deliver(client, answer, Manner::whole, keep_alive, stopper_);
        }
        return serve_api(request, uri.getPath(), query, std::move(std::get<std::string>(body)), keep_alive);
    }

    bool serve_api(HTTPServerRequest& request, const std::string& path,
                   const Poco::URI::QueryParameters& query, std::string body, bool keep_alive) {
        auto& connection = dynamic_cast<HTTPServerRequestImpl&>(request);
        const bool first = connection.session().sessionData().empty();
        connection.session().attachSessionData(true);
        const SandboxApi::UnderWay under_way(api_, key_of(query), first);
        // A client that doesn't wait for the end of the latency has sent its request all the same.
        const auto latency = api_.latency();
        if (latency.count() > 0 && stopper_.wait(latency) == Stopper::Woken::stopped) {
            return false;
        }
        const Decision decision = api_.answer({request.getMethod(),
                                               request.getURI(),
                                               path,
                                               bearer_of(request),
                                               {request.getContentType(), query, std::move(body)}});
        return deliver(connection.socket(), decision.answer, decision.manner, keep_alive, stopper_);
    }

    SandboxApi& api_;
    const Stopper& stopper_;
};

} // namespace

Poco::Net::HTTPRequestHandler* HandlerFactory::createRequestHandler(const HTTPServerRequest&) {
    return new Handler(api_, stopper_); // Poco owns it
}

} // namespace apikeyd::sandbox
