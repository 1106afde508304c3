// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/poco_transport.hpp"

#include "daemon/api/deadline_keeper.hpp"
#include "daemon/api/endpoint.hpp"
#include "daemon/api/http_connection.hpp"
#include "daemon/api/tls_context.hpp"

#include <Poco/Net/NetException.h>
#include <Poco/Net/SocketImpl.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

namespace apikeyd {

namespace {

// How far a request has come: known at every moment, not guessed from the kind of error.
enum class Phase { connecting, sending, receiving };

// A token is put into a header field as it is; a line break in it would begin another field.
std::optional<std::string> refuse_token(const Secret& token) {
    if (token.empty()) {
        return "there is no API token";
    }
    const std::string_view text = token.reveal();
    if (!std::all_of(text.begin(), text.end(), [](char one) { return one > 0x20 && one < 0x7F; })) {
        return "the API token holds a space, a line break or another character that no token has";
    }
    return std::nullopt;
}

std::string describe(std::chrono::milliseconds time) {
    return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + "s"
                                    : std::to_string(time.count()) + "ms";
}

class PocoTransport final : public Transport {
  public:
    PocoTransport(Endpoint endpoint, const TransportOptions& options, Poco::Net::Context::Ptr context,
                  TokenSource token, DeadlineKeeper& deadlines)
        : endpoint_(std::move(endpoint))
        , timeout_(options.timeout)
        , user_agent_(options.user_agent)
        , context_(std::move(context))
        , token_(std::move(token))
        , deadlines_(deadlines) {}

    Exchange send(const Request& request) override {
        const Secret token = token_();
        if (auto why = refuse_token(token)) {
            return NotSentFailure{std::move(*why)};
        }
        const MonoTime deadline = std::chrono::steady_clock::now() + timeout_;
        Phase phase = Phase::connecting;
        try {
            Exchange done = exchange(compose(request, token), deadline, phase);
            if (auto* response = std::get_if<Response>(&done)) {
                response->token = token;
            }
            return done;
        } catch (const Poco::Exception& error) {
            return failure(error, phase, std::chrono::steady_clock::now() >= deadline);
        }
    }

  private:
    // The whole request in one buffer: one write, and one thing to wipe.
    Secret compose(const Request& request, const Secret& token) const {
        const std::string size = std::to_string(request.body.size());
        const std::string host = endpoint_.host_field();
        const std::initializer_list<std::string_view> parts{
            "PUT ",
            endpoint_.path,
            request.target,
            " HTTP/1.1\r\nHost: ",
            host,
            "\r\nAuthorization: Bearer ",
            token.reveal(),
            "\r\nContent-Type: application/json\r\nAccept: application/json",
            "\r\nAccept-Encoding: identity\r\nUser-Agent: ",
            user_agent_,
            "\r\nContent-Length: ",
            size,
            "\r\n\r\n",
            request.body};
        std::size_t total = 0;
        for (const std::string_view part : parts) {
            total += part.size();
        }
        std::string text;
        text.reserve(total); // growing would leave copies of the token behind
        for (const std::string_view part : parts) {
            text.append(part);
        }
        return Secret(std::move(text));
    }

    Exchange exchange(const Secret& request, MonoTime deadline, Phase& phase) {
        std::optional<DeadlineScope> scope; // outlives the connection: closing may block, too
        std::unique_ptr<HttpConnection> connection = take_idle();
        if (connection) {
            scope.emplace(deadlines_, deadline, connection->watched());
        } else {
            connection = connect(deadline, scope);
        }
        phase = Phase::sending;
        connection->send(request.reveal());
        phase = Phase::receiving;
        Response response = connection->receive();
        if (scope->expired()) { // the end of the stream, then, was of our making
            throw Poco::TimeoutException();
        }
        if (connection->reusable()) {
            idle_since_ = std::chrono::steady_clock::now();
            idle_ = std::move(connection);
        }
        return response;
    }

    std::unique_ptr<HttpConnection> connect(MonoTime deadline, std::optional<DeadlineScope>& scope) {
        Poco::Net::StreamSocket socket = connect_to(endpoint_, deadline);
        const auto watched = second_descriptor(socket.impl()->sockfd());
        scope.emplace(deadlines_, deadline, watched);
        // In case the keeper's thread gets no turn: each single operation ends as well.
        const Poco::Timespan timeout(std::chrono::microseconds(timeout_).count());
        socket.setReceiveTimeout(timeout);
        socket.setSendTimeout(timeout);
        socket.setNoDelay(true);
        if (endpoint_.secure) {
            socket = start_tls(socket, endpoint_.host, context_);
        }
        return std::make_unique<HttpConnection>(socket, watched);
    }

    // The connection of the last request if it is still good. A server that closes it between this look and
    // our request leaves that one in doubt; the look makes it rare.
    std::unique_ptr<HttpConnection> take_idle() {
        auto connection = std::exchange(idle_, nullptr);
        if (connection && (std::chrono::steady_clock::now() - idle_since_ >= connection->idle_limit() ||
                           connection->has_input())) {
            connection.reset();
        }
        return connection;
    }

    Exchange failure(const Poco::Exception& error, Phase phase, bool overdue) const {
        const std::string within = " within " + describe(timeout_);
        if (phase == Phase::connecting) {
            return NotSentFailure{overdue
                                      ? "no connection to " + endpoint_.name() + within
                                      : "no connection to " + endpoint_.name() + ": " + error.displayText()};
        }
        if (overdue) {
            return NoAnswerFailure{"no complete answer from " + endpoint_.name() + within};
        }
        // Messages of ours say it all; those of the system need their kind in front.
        const bool ours = dynamic_cast<const Poco::Net::MessageException*>(&error) != nullptr;
        return NoAnswerFailure{"no complete answer from " + endpoint_.name() + ": " +
                               (ours ? error.message() : error.displayText())};
    }

    const Endpoint endpoint_;
    const std::chrono::milliseconds timeout_;
    const std::string user_agent_;
    const Poco::Net::Context::Ptr context_; // null without TLS
    const TokenSource token_;
    DeadlineKeeper& deadlines_;
    std::unique_ptr<HttpConnection> idle_;
    MonoTime idle_since_{};
};

} // namespace

std::unique_ptr<Transport> make_poco_transport(const TransportOptions& options, TokenSource token,
                                               DeadlineKeeper& deadlines) {
    return std::move(make_poco_transports(1, options, token, deadlines).front());
}

std::vector<std::unique_ptr<Transport>> make_poco_transports(std::size_t count,
                                                             const TransportOptions& options,
                                                             const TokenSource& token,
                                                             DeadlineKeeper& deadlines) {
    const Endpoint endpoint = parse_base_url(options.base_url);
    if (!std::all_of(options.user_agent.begin(), options.user_agent.end(),
                     [](char one) { return one >= 0x20 && one < 0x7F; })) {
        throw std::runtime_error("the user agent must be printable ASCII");
    }
    Poco::Net::Context::Ptr context;
    if (endpoint.secure) {
        context = make_tls_context(options.ca_file);
    }
    std::vector<std::unique_ptr<Transport>> transports;
    for (std::size_t i = 0; i < count; ++i) {
        transports.push_back(std::make_unique<PocoTransport>(endpoint, options, context, token, deadlines));
    }
    return transports;
}

} // namespace apikeyd
