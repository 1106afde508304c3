// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace apikeyd {

// Where a server is to listen.
struct ListenAddress {
    enum class Kind {
        tcp,
        unix_socket,
        passed, // the socket that the service manager passes
    };
    Kind kind = Kind::tcp;
    std::string host; // of tcp: numeric, without brackets
    std::uint16_t port = 0;
    std::string path; // of unix_socket: absolute

    bool ipv6() const noexcept { return host.find(':') != host.npos; }
    // Whether no other machine reaches it. Of a passed socket that isn't known here.
    bool local() const noexcept;
};

// Whether a numeric address is one of this machine alone: 127.0.0.0/8, ::1.
bool is_loopback(std::string_view host) noexcept;

// "127.0.0.1:9464", "[::1]:9464", "localhost:9464", "unix:/run/apikeyd/status.sock", "systemd". Nothing if
// the text is anything else: names of machines, which may stand for any address, too.
std::optional<ListenAddress> parse_listen_address(std::string_view text);

} // namespace apikeyd
