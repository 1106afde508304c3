// SPDX-License-Identifier: Apache-2.0
#include "config/listen_address.hpp"

#include "config/scalars.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <sys/un.h>

namespace apikeyd {

namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::size_t longest_path = sizeof(sockaddr_un::sun_path) - 1;

bool is_numeric(const std::string& host, int family) {
    std::array<std::uint8_t, sizeof(in6_addr)> bytes{};
    return inet_pton(family, host.c_str(), bytes.data()) == 1;
}

std::optional<ListenAddress> parse_path(std::string_view path) {
    const bool fits = path.starts_with('/') && !path.ends_with('/') && path.size() <= longest_path &&
                      std::ranges::none_of(path, [](char c) { return c == '\x7F' || (c >= 0 && c < ' '); });
    if (!fits) {
        return std::nullopt;
    }
    return ListenAddress{ListenAddress::Kind::unix_socket, "", 0, std::string(path)};
}

} // namespace

bool is_loopback(std::string_view host) noexcept {
    const std::string text(host);
    std::array<std::uint8_t, sizeof(in6_addr)> bytes{};
    if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) {
        return bytes[0] == 127;
    }
    return inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1 && bytes.back() == 1 &&
           std::all_of(bytes.begin(), bytes.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

bool ListenAddress::local() const noexcept {
    return kind != Kind::tcp || is_loopback(host);
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
    if (text == "systemd") {
        return ListenAddress{ListenAddress::Kind::passed, "", 0, ""};
    }
    if (text.starts_with(unix_prefix)) {
        return parse_path(text.substr(unix_prefix.size()));
    }
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos) {
        return std::nullopt;
    }
    const auto port = parse_unsigned(text.substr(colon + 1));
    std::string host(text.substr(0, colon));
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    } else if (host == "localhost") {
        host = "127.0.0.1";
    }
    if (!port || *port > 65'535 || !is_numeric(host, bracketed ? AF_INET6 : AF_INET)) {
        return std::nullopt;
    }
    return ListenAddress{ListenAddress::Kind::tcp, host, static_cast<std::uint16_t>(*port), ""};
}

} // namespace apikeyd
