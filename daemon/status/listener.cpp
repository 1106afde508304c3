// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/listener.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace apikeyd {

namespace {

// The kernel's queue of connections that nobody has taken yet: the bound on them.
constexpr int backlog = 32;
constexpr mode_t path_mode = 0660;

[[noreturn]] void fail(const std::string& what, int error) {
    throw ListenError(fmt::format("{}: {}", what, std::strerror(error)));
}

int make_socket(int family) {
    const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        fail("no socket can be made", errno);
    }
    return fd;
}

// Not aliasing: the sockets interface is made of this cast.
const sockaddr* any(const void* address) {
    return static_cast<const sockaddr*>(address);
}

sockaddr_un path_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(static_cast<char*>(address.sun_path), path.data(), path.size()); // its length was checked
    return address;
}

// Only a refusal says so: one of another type (EPROTOTYPE), of another user (EACCES) or whose queue is full
// (EAGAIN) is somebody's.
bool nobody_listens(const sockaddr_un& address) {
    const int fd = make_socket(AF_UNIX);
    const bool refused = ::connect(fd, any(&address), sizeof address) != 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

// What a process that was killed left behind; anything else is left alone.
void take_stale_away(const std::string& path, const sockaddr_un& address) {
    struct stat info {};
    if (lstat(path.c_str(), &info) != 0) {
        return; // bind(2) tells what is wrong, if anything is
    }
    if (!S_ISSOCK(info.st_mode)) {
        throw ListenError(fmt::format("{}: something is there that is no socket; it was left alone", path));
    }
    if (!nobody_listens(address)) {
        throw ListenError(fmt::format("{}: another process listens there", path));
    }
    if (unlink(path.c_str()) != 0) {
        fail(path + ": a socket that nobody uses is there and can't be removed", errno);
    }
}

} // namespace

Listener::Listener(const ListenAddress& address, int passed) {
    try {
        switch (address.kind) {
        case ListenAddress::Kind::tcp:
            bind_tcp(address);
            break;
        case ListenAddress::Kind::unix_socket:
            bind_path(address.path);
            break;
        case ListenAddress::Kind::passed:
            adopt(passed);
            break;
        }
        listen();
        learn_address();
    } catch (...) {
        release();
        throw;
    }
}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1))
    , address_(std::move(other.address_))
    , is_path_(other.is_path_)
    , local_(other.local_)
    , own_path_(std::exchange(other.own_path_, std::nullopt)) {}

Listener::~Listener() {
    release();
}

void Listener::release() noexcept {
    struct stat info {};
    if (own_path_ && lstat(own_path_->path.c_str(), &info) == 0 && info.st_dev == own_path_->device &&
        info.st_ino == own_path_->inode) {
        unlink(own_path_->path.c_str());
    }
    if (fd_ >= 0) {
        close(fd_);
    }
}

void Listener::bind_tcp(const ListenAddress& address) {
    fd_ = make_socket(address.ipv6() ? AF_INET6 : AF_INET);
    const int yes = 1;
    // For a port whose last connections are still remembered; two listeners it allows nowhere on Linux.
    setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    int result = -1;
    if (address.ipv6()) {
        setsockopt(fd_, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(address.port);
        inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr);
        result = ::bind(fd_, any(&v6), sizeof v6);
    } else {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(address.port);
        inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr);
        result = ::bind(fd_, any(&v4), sizeof v4);
    }
    if (result != 0) {
        fail(fmt::format("the status server can't listen on {} port {}", address.host, address.port), errno);
    }
}

void Listener::bind_path(const std::string& path) {
    const sockaddr_un address = path_address(path);
    take_stale_away(path, address);
    fd_ = make_socket(AF_UNIX);
    if (::bind(fd_, any(&address), sizeof address) != 0) {
        fail(fmt::format("the status server can't listen on {}", path), errno);
    }
    struct stat info {};
    // Nobody can connect before listen(2), so the mode is right from the first moment that matters.
    if (chmod(path.c_str(), path_mode) != 0 || lstat(path.c_str(), &info) != 0) {
        const int error = errno;
        unlink(path.c_str());
        fail(path, error);
    }
    own_path_ = OwnPath{path, info.st_dev, info.st_ino};
}

void Listener::adopt(int passed) {
    fd_ = fcntl(passed, F_DUPFD_CLOEXEC, 0);
    if (fd_ < 0 || fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK) != 0) {
        fail("the socket that the service manager passed can't be used", errno);
    }
}

void Listener::listen() {
    if (::listen(fd_, backlog) != 0) {
        fail("the status server can't listen", errno);
    }
}

void Listener::learn_address() {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (getsockname(fd_, static_cast<sockaddr*>(static_cast<void*>(&storage)), &size) != 0) {
        fail("the status server's socket has no address", errno);
    }
    if (storage.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &storage, sizeof v4);
        inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
        address_ = fmt::format("http://{}:{}/", text.data(), ntohs(v4.sin_port));
    } else if (storage.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &storage, sizeof v6);
        inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
        address_ = fmt::format("http://[{}]:{}/", text.data(), ntohs(v6.sin6_port));
    } else {
        sockaddr_un path{};
        std::memcpy(&path, &storage, sizeof path);
        address_ = fmt::format("unix:{}", static_cast<const char*>(path.sun_path));
        is_path_ = true;
        return;
    }
    local_ = is_loopback(text.data());
}

} // namespace apikeyd
