// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/descriptor.hpp"
#include "daemon/api/receive_buffer.hpp"
#include "daemon/api/transport.hpp"

#include <Poco/Net/MessageHeader.h>
#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace apikeyd {

// HTTP/1.1 (RFC 9112) over one connected socket: one request, its answer, and then perhaps another. Not by
// Poco's HTTPClientSession, which connects again of itself in the middle of a request, returns a 103 as the
// answer, and tells a truncated or garbled body from a whole one nowhere; and not above its HTTPSession,
// whose buffer keeps the last answer, secret and all, as long as the connection is idle, and longer.
//
// Everything throws Poco::Exception; after that, only destroy it. The texts hold nothing of what was sent or
// received. Not thread-safe. The process must ignore SIGPIPE: OpenSSL writes without MSG_NOSIGNAL.
class HttpConnection final {
  public:
    // `watched`: a second descriptor of the socket, for deadlines; kept until the connection goes.
    HttpConnection(const Poco::Net::StreamSocket& socket, std::shared_ptr<const Descriptor> watched);
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    const std::shared_ptr<const Descriptor>& watched() const noexcept { return watched_; }

    // Writes a whole request, in one piece as far as the system lets us.
    void send(std::string_view request);

    // Reads the answer up to its last byte. Interim answers (1xx) are skipped.
    Response receive();

    // Whether the server left the connection open and in a known state after the last answer.
    bool reusable() const noexcept { return reusable_; }
    // Whether there is something to read, be it bytes nobody asked for or the end. An idle connection of
    // which this is true is of no use.
    bool has_input();
    // How long it may stay idle: well under the server's own limit where it names one.
    std::chrono::seconds idle_limit() const noexcept { return idle_limit_; }

  private:
    struct Head {
        int status = 0;
        bool http11 = true; // or HTTP/1.0
        Poco::Net::MessageHeader fields;
    };
    Head read_head();
    void read_status_line(Head& head);
    void read_fields(Poco::Net::MessageHeader& fields);
    std::string read_body(const Head& head);
    void read_sized(std::string& body, std::size_t size);
    void read_chunked(std::string& body);
    void read_to_end(std::string& body);
    std::string read_line(const char* what_is_wrong);

    const std::shared_ptr<const Descriptor> watched_;
    ReceiveBuffer input_;
    bool reusable_ = false;
    bool to_the_end_ = false; // the body was bounded by nothing but the end of the connection
    std::chrono::seconds idle_limit_;
};

} // namespace apikeyd
