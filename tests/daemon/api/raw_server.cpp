// SPDX-License-Identifier: Apache-2.0
#include "tests/daemon/api/raw_server.hpp"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace apikeyd {

namespace {

constexpr std::chrono::seconds patience{10};

// As in the daemon: a peer that is gone is an error of write(), not a signal.
const bool sigpipe_ignored = std::signal(SIGPIPE, SIG_IGN) != SIG_ERR;

bool wait_readable(int socket, std::chrono::milliseconds time) {
    pollfd poll{socket, POLLIN, 0};
    return ::poll(&poll, 1, static_cast<int>(time.count())) > 0;
}

int bind_loopback(std::uint16_t& port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (listener < 0 || ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("no port on loopback");
    }
    port = ntohs(address.sin_port);
    return listener;
}

std::size_t content_length(const std::string& head) {
    const auto at = head.find("Content-Length: ");
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
}

} // namespace

RawPeer::RawPeer(int socket, ssl_st* tls)
    : socket_(socket)
    , tls_(tls) {}

RawPeer::~RawPeer() {
    close();
}

int RawPeer::receive(char* buffer, std::size_t size) {
    if (socket_ < 0 || ((tls_ == nullptr || SSL_pending(tls_) == 0) && !wait_readable(socket_, patience))) {
        return 0;
    }
    return tls_ != nullptr ? SSL_read(tls_, buffer, static_cast<int>(size))
                           : static_cast<int>(::recv(socket_, buffer, size, 0));
}

std::string RawPeer::read_some(std::size_t size) {
    std::string text(size, '\0');
    std::size_t filled = 0;
    while (filled < size) {
        const int count = receive(text.data() + filled, size - filled);
        if (count <= 0) {
            break;
        }
        filled += static_cast<std::size_t>(count);
    }
    text.resize(filled);
    return text;
}

std::string RawPeer::read_request() {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
        const std::string next = read_some(1);
        if (next.empty()) {
            return head;
        }
        head += next;
    }
    return head + read_some(content_length(head));
}

void RawPeer::write(std::string_view bytes) {
    while (socket_ >= 0 && !bytes.empty()) {
        const auto count = tls_ != nullptr ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                           : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) {
            return;
        }
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

bool RawPeer::closed_within(std::chrono::milliseconds time) {
    char buffer[4096];
    while (wait_readable(socket_, time)) {
        if (::recv(socket_, buffer, sizeof buffer, 0) <= 0) {
            return true;
        }
    }
    return false;
}

void RawPeer::drip(std::string_view piece) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!closed_within(std::chrono::milliseconds{10}) && std::chrono::steady_clock::now() < end) {
        write(piece);
    }
}

void RawPeer::wait_for_close() {
    closed_within(patience);
}

void RawPeer::reset() {
    const linger abrupt{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
    ::close(socket_);
    socket_ = -1;
}

void RawPeer::cut() {
    ::close(socket_);
    socket_ = -1;
}

void RawPeer::close() {
    if (socket_ >= 0) {
        if (tls_ != nullptr) {
            SSL_shutdown(tls_);
        }
        ::close(socket_);
        socket_ = -1;
    }
}

RawServer::RawServer(std::vector<Script> scripts, ssl_ctx_st* tls)
    : scripts_(std::move(scripts))
    , tls_(tls)
    , listener_(bind_loopback(port_)) {
    ::listen(listener_, 16);
    thread_ = std::thread([this] { serve(); });
}

RawServer::~RawServer() {
    ::shutdown(listener_, SHUT_RDWR); // ends accept()
    thread_.join();
    ::close(listener_);
}

void RawServer::serve() {
    for (;;) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) {
            return;
        }
        const auto index = static_cast<std::size_t>(connections_++);
        serve_one(socket, scripts_[std::min(index, scripts_.size() - 1)]);
    }
}

void RawServer::serve_one(int socket, const Script& script) {
    ssl_st* tls = nullptr;
    if (tls_ != nullptr) {
        tls = SSL_new(tls_);
        SSL_set_fd(tls, socket);
        if (SSL_accept(tls) != 1) {
            SSL_free(tls);
            ::close(socket);
            return;
        }
    }
    {
        RawPeer peer(socket, tls);
        script(peer);
    }
    SSL_free(tls);
}

ClosedPort::ClosedPort()
    : socket_(bind_loopback(port_)) {}

ClosedPort::~ClosedPort() {
    ::close(socket_);
}

std::string http_answer(std::string_view body, std::string_view fields, std::string_view status) {
    return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(fields) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

} // namespace apikeyd
