// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/status_server.hpp"

#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <csignal>
#include <cstring>
#include <memory>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

// Ends a test that would wait for ever.
constexpr int patience_ms = 30'000;

class Client {
  public:
    explicit Client(const std::string& path)
        : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
        std::signal(SIGPIPE, SIG_IGN); // as the daemon does
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        std::strncpy(static_cast<char*>(at.sun_path), path.c_str(), sizeof at.sun_path - 1);
        REQUIRE(connect(fd_, static_cast<const sockaddr*>(static_cast<const void*>(&at)), sizeof at) == 0);
    }
    ~Client() { close(fd_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void send(const std::string& text) const { (void)!write(fd_, text.data(), text.size()); }

    // All that comes until the server closes.
    std::string read_all() const {
        std::string text;
        std::array<char, 65'536> buffer{};
        for (;;) {
            pollfd waiting{fd_, POLLIN, 0};
            REQUIRE(poll(&waiting, 1, patience_ms) == 1);
            const ssize_t size = read(fd_, buffer.data(), buffer.size());
            if (size <= 0) {
                return text;
            }
            text.append(buffer.data(), static_cast<std::size_t>(size));
        }
    }

  private:
    int fd_;
};

constexpr std::size_t large = 20'000'000; // more than sockets keep

struct World {
    explicit World(ServerLimits limits = {}) {
        Site site(HostCheck::names({}));
        site.add("/", [](const Query&) { return WebResponse{200, "body\n"}; });
        site.add("/large", [](const Query&) { return WebResponse{200, std::string(large, 'x')}; });
        server = std::make_unique<StatusServer>(Listener(parse_listen_address("unix:" + path).value()),
                                                std::move(site), limits);
    }

    std::string ask(const std::string& request) const {
        const Client client(path);
        client.send(request);
        return client.read_all();
    }
    std::string get() const { return ask("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); }

    TempFolder folder;
    std::string path = folder / "s";
    std::unique_ptr<StatusServer> server;
};

} // namespace

TEST_CASE("status server: one answer a connection, with its length, and without a body to HEAD") {
    World world;
    const std::string answer = world.get();
    CHECK_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n") && EndsWith("\r\n\r\nbody\n") &&
                           Contains("Content-Length: 5\r\n") && Contains("Connection: Close\r\n") &&
                           Contains("Content-Security-Policy: "));
    CHECK_THAT(world.ask("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
               StartsWith("HTTP/1.1 200 OK\r\n") && EndsWith("\r\n\r\n") &&
                   Contains("Content-Length: 5\r\n"));
    const std::string one = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    CHECK(world.ask(one + one + one).size() == answer.size()); // what is pipelined behind it isn't read
    CHECK(world.ask("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n").size() > large);
}

TEST_CASE("status server: what is no request, or too large for one, is refused, and it goes on") {
    World world;
    const std::string good_host = "Host: localhost\r\n";
    for (const std::string& request :
         {std::string("\r\n\r\n"), std::string("GARBAGE\r\n\r\n"), std::string(100'000, 'A'),
          std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(200, '\0'),
          "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n" + good_host + "\r\n",
          "GET / HTTP/1.1\r\n" + good_host + "X: " + std::string(20'000, 'a') + "\r\n\r\n",
          "GET / HTTP/1.1\r\n" + good_host + std::string(20'000, 'a') + ": x\r\n\r\n", [&] {
              std::string many = "GET / HTTP/1.1\r\n" + good_host;
              for (int i = 0; i < 200; ++i) {
                  many += "X" + std::to_string(i) + ": y\r\n";
              }
              return many + "\r\n";
          }()}) {
        const Client client(world.path);
        client.send(request);
        CAPTURE(request.substr(0, 40), request.size());
        const std::string answer = [&] {
            client.send("\r\n\r\n");
            return client.read_all();
        }();
        CHECK((answer.empty() || answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.0 400 ")));
    }
    CHECK_THAT(world.ask("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
    CHECK_THAT(world.ask("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"), StartsWith("HTTP/1.1 421 "));
    CHECK_THAT(world.ask("GET / HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\n\r\n"),
               StartsWith("HTTP/1.1 400 "));
    CHECK_THAT(world.ask("GET /" + std::string(3000, 'a') + " HTTP/1.1\r\n" + good_host + "\r\n"),
               StartsWith("HTTP/1.1 414 "));
    CHECK_THAT(world.ask("POST / HTTP/1.1\r\n" + good_host + "Content-Length: 3\r\n\r\nabc"),
               StartsWith("HTTP/1.1 405 ") && Contains("Allow: GET, HEAD\r\n"));
    CHECK_THAT(world.get(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE(
    "status server: whoever sends nothing, drips or doesn't read is cut off, and others come to their turn") {
    ServerLimits limits;
    limits.connections = 1; // so that the last is served when the others are through
    limits.whole = 300ms;
    World world(limits);
    const Client silent(world.path), dripping(world.path), not_reading(world.path), last(world.path);
    dripping.send("GET / HTTP/1.1\r\nHost:");
    not_reading.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    last.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK_THAT(last.read_all(), EndsWith("body\n"));
    CHECK(silent.read_all().empty());
    CHECK(dripping.read_all().find("200") == std::string::npos);
    CHECK(not_reading.read_all().size() < large);
}

TEST_CASE("status server: its end waits for nobody") {
    World world;
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(std::make_unique<Client>(world.path));
        clients.back()->send(i % 2 == 0 ? "GET / HT" : "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    world.server.reset();
    for (const auto& client : clients) {
        CHECK(client->read_all().size() < large);
    }
}
