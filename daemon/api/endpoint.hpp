// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"

#include <Poco/Net/StreamSocket.h>

#include <cstdint>
#include <string>

namespace apikeyd {

// Where the API is: the parts of its base URL.
struct Endpoint {
    bool secure = true;
    std::string host; // a name or an address, that of IPv6 without brackets
    std::uint16_t port = 0;
    std::string path; // of the base URL, no trailing slash

    // "api.plumaa.id:443", for people
    std::string name() const;
    // The Host field: the port only where it is not the scheme's own.
    std::string host_field() const;
};

// Throws std::runtime_error if the URL is none, or has parts that a base URL can't have.
Endpoint parse_base_url(const std::string& url);

// Tries each address of the host, IPv4 first, with an equal share of the time that is left. Only `secure`
// endpoints may be elsewhere than on this machine. Throws Poco::Exception. Looking up the name is the one
// step that no deadline of ours can end: the resolver's own limits hold (resolv.conf(5)).
Poco::Net::StreamSocket connect_to(const Endpoint& endpoint, MonoTime deadline);

} // namespace apikeyd
