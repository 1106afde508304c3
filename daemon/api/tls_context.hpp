// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Poco/Net/Context.h>
#include <Poco/Net/StreamSocket.h>

#include <string>

namespace apikeyd {

// What we demand of a server: TLS 1.2 at least and a certificate that `ca_file` (PEM; empty: the system's)
// vouches for. May be shared by threads. Throws std::runtime_error, naming the file.
Poco::Net::Context::Ptr make_tls_context(const std::string& ca_file);

// Shakes hands over a connected socket and returns the secured one, of which the certificate is valid for
// `host`. Throws Poco::Exception; of a refused certificate it says what is wrong with it.
Poco::Net::StreamSocket start_tls(const Poco::Net::StreamSocket& socket, const std::string& host,
                                  const Poco::Net::Context::Ptr& context);

} // namespace apikeyd
