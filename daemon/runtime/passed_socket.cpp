// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/passed_socket.hpp"

#include <systemd/sd-daemon.h>

#include <stdexcept>
#include <sys/socket.h>

namespace apikeyd {

int passed_socket() {
    const int count = sd_listen_fds(0); // leaves the environment alone: other settings may ask again
    if (count <= 0) {
        throw std::runtime_error(
            "status.listen is systemd, and systemd passed no socket; start it by a socket unit, "
            "or name an address");
    }
    if (count > 1) {
        throw std::runtime_error("systemd passed several sockets; the status server takes one");
    }
    if (sd_is_socket(SD_LISTEN_FDS_START, AF_UNSPEC, SOCK_STREAM, 1) <= 0) {
        throw std::runtime_error("what systemd passed is no stream socket that listens");
    }
    return SD_LISTEN_FDS_START;
}

} // namespace apikeyd
