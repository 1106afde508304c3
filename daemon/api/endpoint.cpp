// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/endpoint.hpp"

#include <Poco/Net/DNS.h>
#include <Poco/Net/HostEntry.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <Poco/URI.h>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <vector>

namespace apikeyd {

namespace {

using Poco::Net::IPAddress;

// 127.0.0.0/8 or ::1
bool is_loopback(const IPAddress& address) {
    if (address.family() == IPAddress::IPv4) {
        return *static_cast<const unsigned char*>(address.addr()) == 127;
    }
    return address.isLoopback();
}

std::vector<IPAddress> resolve(const Endpoint& endpoint) {
    IPAddress literal;
    if (IPAddress::tryParse(endpoint.host, literal)) { // of which DNS::resolve() would look up the name
        return {literal};
    }
    auto addresses =
        Poco::Net::DNS::hostByName(endpoint.host, Poco::Net::DNS::DNS_HINT_AI_ADDRCONFIG).addresses();
    std::stable_partition(addresses.begin(), addresses.end(),
                          [](const IPAddress& one) { return one.family() == IPAddress::IPv4; });
    const auto end = std::unique(addresses.begin(), addresses.end());
    addresses.erase(end, addresses.end());
    if (addresses.empty()) {
        throw Poco::Net::NoAddressFoundException(endpoint.host);
    }
    return addresses;
}

// Poco's own would be inherited by programs that are started.
Poco::Net::StreamSocket unconnected(const IPAddress& address) {
    const int descriptor = ::socket(address.af(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        throw Poco::Net::NetException("can't make a socket", errno);
    }
    return {new Poco::Net::StreamSocketImpl(descriptor)}; // which owns it
}

bool is_visible_ascii(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char one) { return one > 0x20 && one < 0x7F; });
}

std::string bracketed(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

} // namespace

std::string Endpoint::name() const {
    return bracketed(host) + ":" + std::to_string(port);
}

std::string Endpoint::host_field() const {
    return port == (secure ? 443 : 80) ? bracketed(host) : name();
}

Endpoint parse_base_url(const std::string& url) {
    try {
        const Poco::URI uri(url);
        Endpoint endpoint{uri.getScheme() == "https", uri.getHost(), uri.getPort(), uri.getPath()};
        const bool known = endpoint.secure || uri.getScheme() == "http";
        const bool plain =
            uri.getUserInfo().empty() && uri.getRawQuery().empty() && uri.getFragment().empty();
        if (!known || !plain || endpoint.host.empty() || endpoint.port == 0 || !is_visible_ascii(url)) {
            throw std::runtime_error("the API's URL must be https://host[:port]/path");
        }
        endpoint.path = Poco::URI(uri.getScheme(), uri.getAuthority(), uri.getPath()).getPathEtc();
        while (endpoint.path.ends_with('/')) {
            endpoint.path.pop_back();
        }
        return endpoint;
    } catch (const Poco::Exception&) { // its text would repeat the URL, which may hold a password
        throw std::runtime_error("the API's URL must be https://host[:port]/path");
    }
}

Poco::Net::StreamSocket connect_to(const Endpoint& endpoint, MonoTime deadline) {
    const auto addresses = resolve(endpoint);
    std::exception_ptr failure;
    auto left = static_cast<std::int64_t>(addresses.size());
    for (const IPAddress& address : addresses) {
        try {
            if (!endpoint.secure && !is_loopback(address)) {
                throw Poco::Net::NetException("a token goes over http to this machine only");
            }
            const auto time = std::chrono::duration_cast<std::chrono::microseconds>(
                deadline - std::chrono::steady_clock::now());
            if (time.count() <= 0) {
                throw Poco::TimeoutException();
            }
            Poco::Net::StreamSocket socket = unconnected(address);
            socket.connect(Poco::Net::SocketAddress(address, endpoint.port),
                           Poco::Timespan(std::max<std::int64_t>(time.count() / left, 1)));
            return socket;
        } catch (const Poco::Exception&) {
            failure = std::current_exception();
        }
        --left;
    }
    std::rethrow_exception(failure);
}

} // namespace apikeyd
