// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/poco_transport.hpp"

#include "tests/daemon/api/raw_server.hpp"
#include "tests/daemon/api/test_certificates.hpp"

#include <catch2/catch.hpp>
#include <openssl/ssl.h>

#include <fstream>
#include <thread>
#include <vector>

using namespace apikeyd;
using namespace std::chrono_literals;
using Catch::Contains;
using Catch::StartsWith;

namespace {

const Request request{"/api-key?id=5e5677d71bdc2ae76344968c", R"({"input":{"id":"5e56"}})"};

struct World {
    Identity authority = make_identity({.name = "", .authority = true});
    TempFolder folder;
    std::string ca_file = folder.write_certificate(authority, "ca.pem");
    DeadlineKeeper keeper;

    std::unique_ptr<Transport> client(const std::string& host, const RawServer& server,
                                      std::chrono::milliseconds timeout = 5s) {
        return make_poco_transport(
            {"https://" + host + ":" + std::to_string(server.port()) + "/rest/v1", ca_file, timeout,
             "apikeyd"},
            [] { return Secret(std::string("t0ken-of-the-test")); }, keeper);
    }
};

void answer_all(RawPeer& peer) {
    while (!peer.read_request().empty()) {
        peer.write(http_answer("{}"));
    }
}

std::string shown(const Exchange& exchange) {
    if (const auto* response = std::get_if<Response>(&exchange)) {
        return std::to_string(response->status) + " " + std::string(response->body.reveal());
    }
    if (const auto* failure = std::get_if<NotSentFailure>(&exchange)) {
        return "not sent: " + failure->why;
    }
    return "no answer: " + std::get<NoAnswerFailure>(exchange).why;
}

// What a client of `host` gets from a server with this identity.
std::string result(World& world, const Identity& identity, const std::string& host = "localhost",
                   int newest = 0) {
    const auto context = make_server_context(identity, newest);
    RawServer server({answer_all}, context.get());
    return shown(world.client(host, server)->send(request));
}

} // namespace

TEST_CASE("tls: a good certificate for the name or address is accepted, the connection kept") {
    World world;
    const auto [host, name] = GENERATE(
        table<const char*, const char*>({{"localhost", "DNS:localhost"}, {"127.0.0.1", "IP:127.0.0.1"}}));
    const int newest = GENERATE(0, TLS1_2_VERSION);
    CAPTURE(host, newest);
    const auto context =
        make_server_context(make_identity({.name = name, .issuer = &world.authority}), newest);
    RawServer server({answer_all}, context.get());
    const auto transport = world.client(host, server);
    for (int i = 0; i < 3; ++i) {
        CHECK(shown(transport->send(request)) == "200 {}");
    }
    CHECK(server.connections() == 1);
}

TEST_CASE("tls: a certificate for another name is refused, on loopback too") {
    World world;
    const auto [host, name] = GENERATE(table<const char*, const char*>({
        {"localhost", "DNS:api.plumaa.id"},
        {"localhost", "DNS:localhost.plumaa.id"},
        {"localhost", "IP:127.0.0.1"},
        {"127.0.0.1", "DNS:localhost"},
        {"127.0.0.1", "IP:127.0.0.2"},
        {"127.0.0.1", "DNS:*"},
        {"localhost", ""},
    }));
    CAPTURE(host, name);
    const std::string why = result(world, make_identity({.name = name, .issuer = &world.authority}), host);
    CHECK_THAT(why, StartsWith("not sent: ") && Contains("certificate is not for " + std::string(host)));
}

TEST_CASE("tls: a certificate that nobody vouches for is refused, and why is told") {
    World world;
    const Identity stranger = make_identity({.name = "", .authority = true});
    const auto [options, why] = GENERATE_REF(table<IdentityOptions, const char*>({
        {{.name = "DNS:localhost"}, "self-signed certificate"},
        {{.name = "DNS:localhost", .issuer = &stranger}, "unable to get local issuer certificate"},
        {{.name = "DNS:localhost", .starts = -7200, .ends = -3600, .issuer = &world.authority},
         "certificate has expired"},
        {{.name = "DNS:localhost", .starts = 3600, .ends = 7200, .issuer = &world.authority},
         "certificate is not yet valid"},
    }));
    CHECK_THAT(result(world, make_identity(options)), StartsWith("not sent: ") && Contains(why));
}

TEST_CASE("tls: less than TLS 1.2 is refused") {
    World world;
    const int newest = GENERATE(TLS1_VERSION, TLS1_1_VERSION);
    const Identity identity = make_identity({.name = "DNS:localhost", .issuer = &world.authority});
    CHECK_THAT(result(world, identity, "localhost", newest), StartsWith("not sent: ") && Contains("version"));
}

TEST_CASE("tls: a handshake that does not end, or is none, sends nothing") {
    World world;
    const auto script = GENERATE(
        as<RawServer::Script>(), [](RawPeer& peer) { peer.wait_for_close(); },
        [](RawPeer& peer) { peer.drip(std::string("\x16\x03\x03\x40\x00\x02", 6)); },
        [](RawPeer& peer) { peer.write(http_answer("{}")); }, [](RawPeer& peer) { peer.read_some(1); },
        [](RawPeer& peer) { peer.reset(); });
    RawServer server({script}); // plain
    const auto transport = world.client("localhost", server, 200ms);
    CHECK_THAT(shown(transport->send(request)), StartsWith("not sent: no connection to localhost:"));
}

TEST_CASE("tls: a connection cut without goodbye is no end of a body") {
    World world;
    const auto context =
        make_server_context(make_identity({.name = "DNS:localhost", .issuer = &world.authority}));
    const std::string head =
        GENERATE("HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
    RawServer server({[&](RawPeer& peer) {
                          peer.read_request();
                          peer.write(head + "cut off");
                          peer.cut();
                      },
                      answer_all},
                     context.get());
    const auto transport = world.client("localhost", server);
    CHECK_THAT(shown(transport->send(request)), StartsWith("no answer: ") && !Contains("cut off"));
    CHECK(shown(transport->send(request)) == "200 {}");
}

TEST_CASE("tls: an answer that drags on ends with the deadline") {
    World world;
    const auto context =
        make_server_context(make_identity({.name = "DNS:localhost", .issuer = &world.authority}));
    RawServer server({[](RawPeer& peer) {
                         peer.read_request();
                         peer.write("HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n");
                         peer.drip("x");
                     }},
                     context.get());
    const auto transport = world.client("localhost", server, 300ms);
    CHECK_THAT(shown(transport->send(request)), StartsWith("no answer: ") && Contains("within 300ms"));
}

TEST_CASE("tls: an idle connection closed by the server is noticed in time") {
    World world;
    const auto context =
        make_server_context(make_identity({.name = "DNS:localhost", .issuer = &world.authority}));
    RawServer server({[](RawPeer& peer) {
                          peer.read_request();
                          peer.write(http_answer("{}", "Connection: close\r\n"));
                      },
                      answer_all},
                     context.get());
    const auto transport = world.client("localhost", server);
    CHECK(shown(transport->send(request)) == "200 {}");
    CHECK(shown(transport->send(request)) == "200 {}");
    CHECK(server.connections() == 2);
}

TEST_CASE("tls: a CA file that can't be used is refused at once, by name") {
    World world;
    const TempFolder folder;
    std::ofstream(folder.path("nonsense.pem")) << "not a certificate\n";
    const std::string file = GENERATE("missing.pem", "nonsense.pem");
    const std::string path = folder.path(file);
    CHECK_THROWS_WITH(make_poco_transport(
                          {"https://localhost/", path, 5s, "apikeyd"}, [] { return Secret(); }, world.keeper),
                      Contains(path));
}

TEST_CASE("tls: the system's certificates do not vouch for a stranger") {
    World world;
    world.ca_file.clear();
    const Identity identity = make_identity({.name = "DNS:localhost", .issuer = &world.authority});
    CHECK_THAT(result(world, identity), StartsWith("not sent: ") && Contains("local issuer"));
}

TEST_CASE("tls: many workers share certificates and deadlines") {
    World world;
    const auto context =
        make_server_context(make_identity({.name = "DNS:localhost", .issuer = &world.authority}));
    RawServer server({[](RawPeer& peer) { // one connection after the other
                         peer.read_request();
                         peer.write(http_answer("{}", "Connection: close\r\n"));
                     }},
                     context.get());
    const auto transports = make_poco_transports(
        4, {"https://localhost:" + std::to_string(server.port()), world.ca_file, 30s, "apikeyd"},
        [] { return Secret(std::string("t0ken-of-the-test")); }, world.keeper);
    std::vector<std::string> results(transports.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < transports.size(); ++i) {
        threads.emplace_back([&, i] {
            for (int round = 0; round < 5; ++round) {
                results[i] += shown(transports[i]->send(request)) + ";";
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (const std::string& one : results) {
        CHECK(one == "200 {};200 {};200 {};200 {};200 {};");
    }
    CHECK(server.connections() == 20);
}
