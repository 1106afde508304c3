// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/status_server.hpp"

#include "daemon/api/deadline_keeper.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Net/StreamSocketImpl.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <set>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

// Between two tries where the process has no descriptors left.
constexpr int accept_pause_ms = 200;

// What a client still sends after its answer is read for so long, so that closing doesn't take the answer
// away from it (https://www.rfc-editor.org/rfc/rfc9112#section-9.6).
constexpr int linger_pause_ms = 500;
constexpr std::size_t most_lingering = 65'536;

class Handler final : public Poco::Net::HTTPRequestHandler {
  public:
    explicit Handler(const Site& site)
        : site_(site) {}

    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        WebRequest asked{request.getMethod(), request.getURI(), {}};
        for (auto host = request.find("Host"); host != request.end(); ++host) {
            if (Poco::icompare(host->first, "Host") == 0) {
                asked.hosts.push_back(host->second);
            }
        }
        const WebResponse answer = site_.answer(asked);
        const auto status = static_cast<Poco::Net::HTTPResponse::HTTPStatus>(answer.status);
        response.setStatusAndReason(status, Poco::Net::HTTPResponse::getReasonForStatus(status));
        for (const auto& [name, value] : answer.headers) {
            response.set(name, value);
        }
        response.setContentType(answer.content_type);
        response.setContentLength64(static_cast<Poco::Int64>(answer.body.size()));
        std::ostream& body = response.send();
        if (asked.method != "HEAD") {
            body << answer.body;
        }
        body.flush();
    }

  private:
    const Site& site_;
};

class Handlers final : public Poco::Net::HTTPRequestHandlerFactory {
  public:
    explicit Handlers(const Site& site)
        : site_(site) {}
    Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override {
        return new Handler(site_); // Poco owns it
    }

  private:
    const Site& site_;
};

Poco::Net::HTTPServerParams::Ptr params_of(const ServerLimits& limits) {
    Poco::Net::HTTPServerParams::Ptr params(new Poco::Net::HTTPServerParams);
    params->setKeepAlive(false); // an idle connection would take a thread from others
    params->setTimeout(Poco::Timespan(std::chrono::microseconds(limits.idle).count()));
    return params;
}

void linger(int fd) {
    shutdown(fd, SHUT_WR);
    std::array<char, 4096> sink{};
    pollfd waiting{fd, POLLIN, 0};
    for (std::size_t read = 0; read < most_lingering && poll(&waiting, 1, linger_pause_ms) > 0;) {
        const ssize_t size = recv(fd, sink.data(), sink.size(), MSG_DONTWAIT);
        if (size <= 0) {
            return;
        }
        read += static_cast<std::size_t>(size);
    }
}

} // namespace

struct StatusServer::Parts {
    Parts(Listener listener_in, Site site_in, ServerLimits limits_in)
        : listener(std::move(listener_in))
        , site(std::move(site_in))
        , limits(limits_in)
        , params(params_of(limits))
        , handlers(new Handlers(site))
        , stop_fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (stop_fd < 0) {
            throw std::system_error(errno, std::generic_category(), "eventfd");
        }
        for (std::size_t i = 0; i < limits.connections; ++i) {
            threads.emplace_back([this] { work(); });
        }
    }

    ~Parts() {
        const std::uint64_t one = 1;
        (void)!write(stop_fd, &one, sizeof one);
        {
            const std::lock_guard lock(mutex);
            stopping = true;
            for (const int fd : open) {
                shutdown(fd, SHUT_RDWR);
            }
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        close(stop_fd);
    }

    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    void work() {
        for (int fd = accept(); fd >= 0; fd = accept()) {
            try {
                serve(fd);
            } catch (const std::exception&) { // NOLINT(bugprone-empty-catch)
                // The client's trouble: it went away, was too slow, or spoke something else.
            }
        }
    }

    // The next connection; -1: no more. One thread waits for it, the others for their turn.
    int accept() {
        const std::lock_guard lock(accepting);
        for (;;) {
            std::array<pollfd, 2> waiting{{{listener.fd(), POLLIN, 0}, {stop_fd, POLLIN, 0}}};
            poll(waiting.data(), waiting.size(), -1);
            if (waiting[1].revents != 0) {
                return -1;
            }
            const int fd = accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
            if (fd >= 0) {
                return fd;
            }
            if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
                poll(&waiting[1], 1, accept_pause_ms); // it is there still, and poll() would say so at once
            }
        }
    }

    void serve(int fd) {
        const Poco::Net::StreamSocket socket(new Poco::Net::StreamSocketImpl(fd)); // closes it
        const auto own = second_descriptor(fd); // Poco closes its own when it likes
        const DeadlineScope deadline(deadlines, std::chrono::steady_clock::now() + limits.whole, own);
        const OpenScope counted(*this, own->get());
        try {
            Poco::Net::HTTPServerConnection(socket, params, handlers).run();
        } catch (const Poco::Exception&) { // NOLINT(bugprone-empty-catch)
            // As above; what it sent is read nevertheless.
        }
        linger(own->get());
    }

    // On the list of what is cut off at the end, as long as it is open.
    class OpenScope {
      public:
        OpenScope(Parts& parts, int fd)
            : parts_(parts)
            , fd_(fd) {
            const std::lock_guard lock(parts_.mutex);
            parts_.open.insert(fd_);
            if (parts_.stopping) {
                shutdown(fd_, SHUT_RDWR);
            }
        }
        ~OpenScope() {
            const std::lock_guard lock(parts_.mutex);
            parts_.open.erase(fd_);
        }
        OpenScope(const OpenScope&) = delete;
        OpenScope& operator=(const OpenScope&) = delete;

      private:
        Parts& parts_;
        int fd_;
    };

    const Listener listener;
    const Site site;
    const ServerLimits limits;
    const Poco::Net::HTTPServerParams::Ptr params;
    const Poco::Net::HTTPRequestHandlerFactory::Ptr handlers;
    DeadlineKeeper
        deadlines; // Poco's timeouts are per read: a client that drips would hold a thread for ever
    int stop_fd;   // eventfd(2)
    std::mutex accepting;
    std::mutex mutex; // guards the next two
    std::set<int> open;
    bool stopping = false;
    std::vector<std::thread> threads; // last: they use all the rest
};

StatusServer::StatusServer(Listener listener, Site site, ServerLimits limits)
    : parts_(std::make_unique<Parts>(std::move(listener), std::move(site), limits)) {}

StatusServer::~StatusServer() = default;

} // namespace apikeyd
