// SPDX-License-Identifier: Apache-2.0
// bare_watch FILE PORT: waits with inotify for a file to be renamed into place, runs it through yaml-cpp's
// events, and sends a PUT to 127.0.0.1:PORT over a connection that is already there; again and again, until
// it is ended. The least that anything can take that reacts to an edit with yaml-cpp.
#include "tests/bench/bare_yaml.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace {

int require(int result, const char* what) {
    if (result < 0) {
        throw std::system_error(errno, std::generic_category(), what);
    }
    return result;
}

int connect_to(int port) {
    const int socket = require(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    require(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
    const int on = 1;
    require(::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
    return socket;
}

// Whether one of the events is the file's arrival.
bool arrived(int inotify, const std::string& name) {
    alignas(inotify_event) char events[4096];
    const auto size = require(static_cast<int>(::read(inotify, events, sizeof events)), "inotify");
    bool found = false;
    for (int at = 0; at < size;) {
        inotify_event event;
        std::memcpy(&event, events + at, sizeof event);
        found = found || (event.len > 0 && name == events + at + sizeof event);
        at += static_cast<int>(sizeof event + event.len);
    }
    return found;
}

void watch(const std::filesystem::path& file, int port) {
    static constexpr char request[] = "PUT /rest/v1/api-key?id=bare HTTP/1.1\r\nHost: localhost\r\n"
                                      "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    const int socket = connect_to(port);
    const int inotify = require(::inotify_init1(IN_CLOEXEC), "inotify_init");
    require(::inotify_add_watch(inotify, file.parent_path().c_str(), IN_MOVED_TO), "inotify_add_watch");
    std::cout << "watching" << std::endl;
    for (;;) {
        if (!arrived(inotify, file.filename().string())) {
            continue;
        }
        if (apikeyd::bench::bare_events(apikeyd::bench::read_file(file.string())) == 0) {
            throw std::runtime_error("no values");
        }
        require(static_cast<int>(::send(socket, request, sizeof request - 1, MSG_NOSIGNAL)), "send");
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: bare_watch FILE PORT\n";
        return 64;
    }
    try {
        watch(argv[1], std::stoi(argv[2]));
    } catch (const std::exception& error) {
        std::cerr << "bare_watch: " << error.what() << '\n';
        return 1;
    }
}
