// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/sandbox_server.hpp"

#include "examples/sandbox/handlers.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/ThreadPool.h>
#include <fmt/format.h>

#include <sys/socket.h>

#include <limits>
#include <stdexcept>
#include <unordered_set>
#include <utility>

namespace apikeyd::sandbox {

namespace {

WallTime now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

SandboxApi::State make_state(const Options& options) {
    auto keys = !options.keys_file.empty() ? parse_keys(read_file(options.keys_file))
                : options.count            ? numbered_keys(*options.count)
                                           : default_keys();
    auto faults = FaultSchedule::parse(options.faults);
    if (const auto* error = std::get_if<GrammarError>(&faults)) {
        throw std::invalid_argument(error->message);
    }
    Journal journal(options.journal_keep);
    if (!options.journal_file.empty()) {
        journal.open(options.journal_file);
    }
    return {KeyWorld({options.token, options.token_key, options.secret_prefix}, std::move(keys), now()),
            std::move(std::get<FaultSchedule>(faults)), std::move(journal)};
}

Poco::Net::ServerSocket listen(const Options& options) {
    Poco::Net::ServerSocket plain;
    const Poco::Net::SocketAddress address("127.0.0.1", options.port);
    constexpr int backlog = 512;
    if (options.tls_key.empty()) {
        // The port is this server's alone: with SO_REUSEPORT a second one would get half of the requests.
        plain.bind(address, true, false);
        plain.listen(backlog);
        return plain;
    }
    Poco::Net::Context::Params files;
    files.privateKeyFile = options.tls_key;
    files.certificateFile = options.tls_certificate;
    files.verificationMode = Poco::Net::Context::VERIFY_NONE; // clients show no certificate
    Poco::Net::Context::Ptr context(new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, files));
    context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
    Poco::Net::SecureServerSocket secure(context);
    secure.bind(address, true, false);
    secure.listen(backlog);
    return secure;
}

Poco::Net::HTTPServerParams::Ptr server_params(const Options& options) {
    Poco::Net::HTTPServerParams::Ptr params(new Poco::Net::HTTPServerParams);
    params->setMaxThreads(options.threads);
    params->setMaxQueued(4096);
    params->setKeepAlive(true);
    params->setMaxKeepAliveRequests(std::numeric_limits<int>::max());
    params->setKeepAliveTimeout(Poco::Timespan(60, 0));
    // Idle threads look up this often, should one have missed that the server stopped.
    params->setThreadIdleTime(Poco::Timespan(1, 0));
    return params;
}

// The sockets of all connections, to shut them down from outside. Poco's own way (stopAll) reaches into
// connections that their threads are using, into their TLS state even, and misses those just being made.
class OpenSockets {
  public:
    void add(int socket) {
        state_.with([socket](State& state) {
            state.sockets.insert(socket);
            if (state.stopped) {
                ::shutdown(socket, SHUT_RDWR);
            }
        });
    }

    void remove(int socket) {
        state_.with([socket](State& state) { state.sockets.erase(socket); });
    }

    // Those added later as well.
    void shut_down() {
        state_.with([](State& state) {
            state.stopped = true;
            for (const int socket : state.sockets) {
                ::shutdown(socket, SHUT_RDWR);
            }
        });
    }

  private:
    struct State {
        std::unordered_set<int> sockets;
        bool stopped = false;
    };

    Guarded<State> state_;
};

// Its socket is closed after it was taken off the list, so the list never names somebody else's.
class Connection : public Poco::Net::HTTPServerConnection {
  public:
    Connection(const Poco::Net::StreamSocket& socket, const Poco::Net::HTTPServerParams::Ptr& params,
               const Poco::Net::HTTPRequestHandlerFactory::Ptr& handlers, OpenSockets& open)
        : HTTPServerConnection(socket, params, handlers)
        , open_(open)
        , socket_(socket.impl()->sockfd()) {
        open_.add(socket_);
    }
    ~Connection() override { open_.remove(socket_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

  private:
    OpenSockets& open_;
    const int socket_;
};

class ConnectionFactory : public Poco::Net::TCPServerConnectionFactory {
  public:
    ConnectionFactory(Poco::Net::HTTPServerParams::Ptr params, SandboxApi& api, const Stopper& stopper,
                      OpenSockets& open)
        : params_(std::move(params))
        , handlers_(new HandlerFactory(api, stopper))
        , open_(open) {}

    Poco::Net::TCPServerConnection* createConnection(const Poco::Net::StreamSocket& socket) override {
        return new Connection(socket, params_, handlers_, open_); // Poco owns it
    }

  private:
    Poco::Net::HTTPServerParams::Ptr params_;
    Poco::Net::HTTPRequestHandlerFactory::Ptr handlers_;
    OpenSockets& open_;
};

} // namespace

struct SandboxServer::Parts {
    explicit Parts(const Options& given)
        : options(given)
        , api(make_state(given), given.base, given.latency)
        , threads(1, given.threads + 1)
        , params(server_params(given))
        , http(new ConnectionFactory(params, api, stopper, open), threads, listen(given), params) {}

    const Options options;
    SandboxApi api;
    Stopper stopper;
    OpenSockets open;
    Poco::ThreadPool threads;
    const Poco::Net::HTTPServerParams::Ptr params;
    Poco::Net::TCPServer http;
    bool stopped = false;
};

SandboxServer::SandboxServer(const Options& options)
    : parts_(std::make_unique<Parts>(options)) {
    parts_->http.start();
}

SandboxServer::~SandboxServer() {
    stop();
}

std::uint16_t SandboxServer::port() const {
    return parts_->http.port();
}

std::string SandboxServer::url() const {
    return fmt::format("{}://127.0.0.1:{}{}", parts_->options.tls_key.empty() ? "http" : "https", port(),
                       parts_->options.base);
}

std::size_t SandboxServer::keys() const {
    return parts_->api.keys();
}

void SandboxServer::stop() {
    if (std::exchange(parts_->stopped, true)) {
        return;
    }
    parts_->stopper.stop();
    // Wakes Poco's accepting thread, which would look up only once in 250 ms.
    ::shutdown(parts_->http.socket().impl()->sockfd(), SHUT_RDWR);
    parts_->open.shut_down();
    parts_->http.stop();
    parts_->threads.joinAll();
}

} // namespace apikeyd::sandbox

#if defined(__SANITIZE_THREAD__)
// Poco's accepting thread may be the last to let go of a socket whose connection has ended. Its count of
// users is atomic, but inside a library without instrumentation, so that the thread sanitizer sees no order.
extern "C" const char* __tsan_default_suppressions() { // NOLINT(bugprone-reserved-identifier)
    return "race:Poco::Net::TCPServer::run\n";
}
#endif
