// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/sandbox_server.hpp"

#include "examples/sandbox/handlers.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/ThreadPool.h>
#include <fmt/format.h>

#include <sys/socket.h>

#include <limits>
#include <stdexcept>
#include <thread>
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

} // namespace

struct SandboxServer::Parts {
    explicit Parts(const Options& given)
        : options(given)
        , api(make_state(given), given.base, given.latency)
        , threads(1, given.threads + 1)
        , http(new HandlerFactory(api, stopper), threads, listen(given), server_params(given)) {}

    const Options options;
    SandboxApi api;
    Stopper stopper;
    Poco::ThreadPool threads;
    Poco::Net::HTTPServer http;
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
    // Again as long as anybody serves: a connection that was just being made misses the first call. Poco's
    // pool can be asked but not waited on with a deadline.
    parts_->http.stopAll(true);
    while (parts_->threads.used() > 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
        parts_->http.stopAll(true);
    }
}

} // namespace apikeyd::sandbox
