// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// As in <openssl/types.h>.
struct ssl_st;
struct ssl_ctx_st;

namespace apikeyd {

// The server's end of one connection, for scripts that misbehave byte by byte. Nothing here fails: where the
// client is gone, reads are empty and writes are lost. All waiting is for something to happen, and bounded.
class RawPeer {
  public:
    RawPeer(int socket, ssl_st* tls);
    ~RawPeer();
    RawPeer(const RawPeer&) = delete;
    RawPeer& operator=(const RawPeer&) = delete;

    std::string read_request(); // header and Content-Length body
    std::string read_some(std::size_t size);
    void write(std::string_view bytes);
    // Writes the piece again and again, each time nothing came for a moment, until the client hangs up.
    void drip(std::string_view piece);
    void wait_for_close();
    void reset(); // closes with RST
    void cut();   // closes without TLS's goodbye
    void close();

  private:
    bool closed_within(std::chrono::milliseconds time);
    int receive(char* buffer, std::size_t size);

    int socket_;
    ssl_st* tls_;
};

// Listens on a free port of 127.0.0.1 and hands each connection in turn to the next script; the last one
// serves all that come after. A script's return closes its connection.
class RawServer {
  public:
    using Script = std::function<void(RawPeer&)>;

    explicit RawServer(std::vector<Script> scripts, ssl_ctx_st* tls = nullptr);
    ~RawServer();
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    std::uint16_t port() const noexcept { return port_; }
    int connections() const noexcept { return connections_; }

  private:
    void serve();
    void serve_one(int socket, const Script& script);

    std::vector<Script> scripts_;
    ssl_ctx_st* tls_;
    std::uint16_t port_ = 0; // before the listener, which sets it
    int listener_;
    std::atomic<int> connections_ = 0;
    std::thread thread_;
};

// A port of 127.0.0.1 on which nobody listens.
class ClosedPort {
  public:
    ClosedPort();
    ~ClosedPort();
    ClosedPort(const ClosedPort&) = delete;
    ClosedPort& operator=(const ClosedPort&) = delete;
    std::uint16_t port() const noexcept { return port_; }

  private:
    std::uint16_t port_ = 0;
    int socket_; // bound, so that nobody else gets the port; not listening
};

// "HTTP/1.1 200 OK", the fields (each with its CR LF), Content-Length and the body.
std::string http_answer(std::string_view body, std::string_view fields = "",
                        std::string_view status = "200 OK");

} // namespace apikeyd
