// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/sandbox_server.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/StreamCopier.h>
#include <catch2/catch.hpp>

#include <fstream>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace apikeyd::sandbox;
using Poco::Net::HTTPRequest;
using Poco::Net::HTTPResponse;

namespace {

const std::string billing = "5e5677d71bdc2ae76344968c";
const std::string mobile_app = "5e5677d71bdc2ae76344968d";

Options with_faults(const std::string& faults) {
    Options options;
    options.faults = faults;
    return options;
}

struct Reply {
    int status = 0;
    std::string retry_after;
    std::string body;

    bool contains(std::string_view text) const { return body.find(text) != std::string::npos; }
    Poco::JSON::Object::Ptr object() const {
        return Poco::JSON::Parser().parse(body).extract<Poco::JSON::Object::Ptr>();
    }
};

// One keep-alive connection to a sandbox.
class Client {
  public:
    explicit Client(const SandboxServer& server)
        : session_("127.0.0.1", server.port()) {
        session_.setKeepAlive(true);
    }

    Reply send(const std::string& method, const std::string& target, const std::string& body,
               const std::string& token = "sandbox-token") {
        HTTPRequest request(method, target, HTTPRequest::HTTP_1_1);
        request.set("Authorization", "Bearer " + token);
        request.setContentType("application/json");
        request.setContentLength(static_cast<std::streamsize>(body.size()));
        session_.sendRequest(request) << body;
        HTTPResponse response;
        Reply reply;
        Poco::StreamCopier::copyToString(session_.receiveResponse(response), reply.body);
        reply.status = response.getStatus();
        reply.retry_after = response.get("Retry-After", "");
        return reply;
    }

    Reply update(const std::string& id, const std::string& fields = "") {
        return send("PUT", "/rest/v1/api-key?id=" + id, R"({"input":{"id":")" + id + '"' + fields + "}}");
    }

    Reply admin(const std::string& method, const std::string& path, const std::string& body = "") {
        return send(method, "/sandbox/" + path, body, "");
    }

  private:
    Poco::Net::HTTPClientSession session_;
};

// The bytes of an update, for what a client library would hide.
std::string update_bytes(const std::string& id, const std::string& fields) {
    const std::string body = R"({"input":{"id":")" + id + '"' + fields + "}}";
    return "PUT /rest/v1/api-key?id=" + id +
           " HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Bearer sandbox-token\r\n"
           "Content-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

Poco::Net::StreamSocket connect_and_send(const SandboxServer& server, const std::string& bytes) {
    Poco::Net::StreamSocket socket(Poco::Net::SocketAddress("127.0.0.1", server.port()));
    socket.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
    return socket;
}

// Everything up to the end of the connection; throws if that is a reset.
std::string receive_all(Poco::Net::StreamSocket& socket) {
    std::string bytes;
    char buffer[4096];
    for (int got = 0; (got = socket.receiveBytes(buffer, sizeof buffer)) > 0;) {
        bytes.append(buffer, static_cast<std::size_t>(got));
    }
    return bytes;
}

bool enabled(Client& client, const std::string& id) {
    return client.admin("GET", "keys/" + id).object()->getValue<bool>("enabled");
}

// The journal once it has that many entries: what a request did is known before it is answered, if ever.
Poco::JSON::Array::Ptr await_journal(Client& client, std::size_t entries) {
    for (;;) {
        const auto list = client.admin("GET", "journal");
        auto journal = Poco::JSON::Parser().parse(list.body).extract<Poco::JSON::Array::Ptr>();
        if (journal->size() >= entries) {
            return journal;
        }
        std::this_thread::yield();
    }
}

} // namespace

TEST_CASE("live: an update is applied and answered, many on one connection") {
    SandboxServer server({});
    Client client(server);
    const auto reply = client.update(billing, R"(,"name":"renamed","enabled":false)");
    CHECK(reply.status == 200);
    CHECK(reply.object()->getValue<std::string>("name") == "renamed");
    CHECK(client.update(billing).object()->getValue<bool>("enabled") == false);
    const auto list = client.admin("GET", "keys");
    const auto keys = Poco::JSON::Parser().parse(list.body).extract<Poco::JSON::Array::Ptr>();
    REQUIRE(keys->size() == 3);
    CHECK(keys->getObject(0)->getValue<int>("updates") == 1);
    CHECK(keys->getObject(0)->getValue<int>("probes") == 1);
    const auto stats = client.admin("GET", "stats").object();
    CHECK(stats->getValue<int>("requests") == 2);
    CHECK(stats->getValue<int>("connections") == 1);
    CHECK(stats->getValue<int>("max_concurrent") == 1);
}

TEST_CASE("live: a refusal leaves the connection usable") {
    SandboxServer server({});
    Client client(server);
    const std::string target = "/rest/v1/api-key?id=" + billing;
    CHECK(client.send("PUT", target, R"({"input":{}})", "wrong").status == 401);
    CHECK(client.send("PUT", target, R"({"input":{}})").status == 500);
    CHECK(client.send("PUT", "/rest/v1/api-key?id=" + mobile_app, R"({"input":{"id":")" + billing + R"("}})")
              .status == 400);
    CHECK(client.update("ffffffffffffffffffffffff").contains("NOT_FOUND"));
    CHECK(client.send("POST", target, "").status == 405);
    CHECK(client.send("PUT", "/rest/v2/api-key", "").status == 404);
    CHECK(client.send("PUT", "/rest/v1/api-key?id=%zz", "").status == 400);
    CHECK(client.admin("GET", "nothing").status == 404);
    CHECK(client.admin("GET", "keys/ffffffffffffffffffffffff").status == 404);
    CHECK(client.update(billing).status == 200);
    CHECK(client.admin("GET", "stats").object()->getValue<int>("connections") == 1);
}

TEST_CASE("live: reset-before loses the request, reset-after the answer") {
    const auto [fault, still_enabled] =
        GENERATE(table<const char*, bool>({{"reset-before", true}, {"reset-after", false}}));
    CAPTURE(fault);
    SandboxServer server(with_faults(fault));
    Client admin(server);
    auto socket = connect_and_send(server, update_bytes(billing, R"(,"enabled":false)"));
    CHECK_THROWS_AS(receive_all(socket), Poco::Net::ConnectionResetException);
    CHECK(enabled(admin, billing) == still_enabled);
}

TEST_CASE("live: close-before and close-after end the connection without a byte") {
    const auto [fault, still_enabled] =
        GENERATE(table<const char*, bool>({{"close-before", true}, {"close-after", false}}));
    CAPTURE(fault);
    SandboxServer server(with_faults(fault));
    Client admin(server);
    auto socket = connect_and_send(server, update_bytes(billing, R"(,"enabled":false)"));
    CHECK(receive_all(socket).empty());
    CHECK(enabled(admin, billing) == still_enabled);
}

TEST_CASE("live: what hangs holds its connection until the server stops") {
    const auto [fault, applied] = GENERATE(table<const char*, bool>({{"hang", false}, {"hang-after", true}}));
    CAPTURE(fault);
    SandboxServer server(with_faults(fault));
    Client admin(server);
    auto socket = connect_and_send(server, update_bytes(billing, R"(,"enabled":false)"));
    const auto entry = await_journal(admin, 1)->getObject(0);
    CHECK(entry->getValue<bool>("applied") == applied);
    CHECK(entry->isNull("status"));
    CHECK(enabled(admin, billing) != applied);
    CHECK_FALSE(socket.poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ));
    server.stop();
    CHECK(receive_all(socket).empty());
}

TEST_CASE("live: a client that leaves frees what hung for it") {
    auto options = with_faults("hang*2");
    options.threads = 1;
    SandboxServer server(options);
    for (int i = 0; i < 2; ++i) {
        auto socket = connect_and_send(server, update_bytes(billing, ""));
        socket.close();
    }
    // The only thread is free again, or this would never be answered.
    CHECK(Client(server).update(billing).status == 200);
}

TEST_CASE("live: answers that are broken on the wire") {
    const auto [fault, ends_with] = GENERATE(table<std::string, std::string>({
        {"truncate", ""},
        {"extra", "}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"},
        {"early-103", "Z\"}"},
        {"drip", "H"},
    }));
    CAPTURE(fault);
    SandboxServer server(with_faults(fault));
    Client admin(server);
    auto socket = connect_and_send(server, update_bytes(billing, R"(,"enabled":false)"));
    std::string bytes;
    if (fault == "truncate") {
        bytes = receive_all(socket);
        CHECK(bytes.find("Content-Length: 58") != std::string::npos);
        CHECK(bytes.size() - bytes.find("\r\n\r\n") < 300);
    } else if (fault == "drip") {
        char byte = 0;
        CHECK(socket.receiveBytes(&byte, 1) == 1);
        bytes = byte;
    } else {
        socket.shutdownSend(); // the server answers, and then finds no further request
        bytes = receive_all(socket);
        CHECK(bytes.starts_with(fault == "extra" ? "HTTP/1.1 200 " : "HTTP/1.1 103 "));
    }
    CHECK(bytes.ends_with(ends_with));
    CHECK_FALSE(enabled(admin, billing));
}

TEST_CASE("live: answers that come whole and say something else") {
    SandboxServer server({});
    Client client(server);
    const auto answer_to = [&](const std::string& fault) {
        REQUIRE(client.admin("POST", "faults", fault).status == 200);
        return client.update(billing, R"(,"name":"asked","enabled":false)");
    };
    CHECK(answer_to("429=7").retry_after == "7");
    CHECK(answer_to("429=date+60").retry_after.ends_with(" GMT"));
    CHECK(answer_to("503").status == 503);
    CHECK(answer_to("500").object()->getArray("errors")->getObject(0)->has("extensions") == false);
    CHECK(answer_to("500=FORBIDDEN").contains(R"("code":"FORBIDDEN")"));
    CHECK(answer_to("401").contains("UNAUTHENTICATED"));
    CHECK(answer_to("403").contains("FORBIDDEN"));
    CHECK(answer_to("html").contains("<!DOCTYPE html>"));
    CHECK(answer_to("redirect").status == 302);
    CHECK(answer_to("empty").body.empty());
    CHECK(enabled(client, billing)); // none of these got as far as the keys
    CHECK(answer_to("ignore-enabled").object()->getValue<bool>("enabled"));
    CHECK(answer_to("other-name").object()->getValue<std::string>("name") == "asked-renamed");
    CHECK(answer_to("wrong-id").object()->getValue<std::string>("id") == mobile_app);
    CHECK_FALSE(answer_to("no-secret").object()->has("secret"));
    CHECK(answer_to("secret-number").object()->get("secret").isInteger());
    const auto secret = answer_to("ok").object()->getValue<std::string>("secret");
    CHECK(answer_to("new-secret").object()->getValue<std::string>("secret") != secret);
    CHECK(client.admin("POST", "faults", "bogus").status == 400);
}

TEST_CASE("live: the journal tells what was sent and what became of it, and no token") {
    auto options = with_faults("429=5");
    options.journal_file = "sandbox-journal-" + std::to_string(::getpid()) + ".jsonl";
    SandboxServer server(options);
    Client client(server);
    client.update(billing, R"(,"enabled":false)");
    client.update(billing, R"(,"enabled":false)");
    client.send("PUT", "/rest/v1/api-key", "{", "wrong-token");
    const auto journal = await_journal(client, 3);
    CHECK(journal->getObject(0)->getValue<std::string>("fault") == "429=5");
    CHECK_FALSE(journal->getObject(0)->getValue<bool>("applied"));
    CHECK(journal->getObject(1)->getValue<bool>("applied"));
    CHECK(journal->getObject(1)->isNull("fault"));
    CHECK_FALSE(journal->getObject(1)->getObject("input")->getValue<bool>("enabled"));
    CHECK_FALSE(journal->getObject(2)->getValue<bool>("authorized"));
    CHECK(journal->getObject(2)->isNull("input"));
    const auto last = client.admin("GET", "journal?since=2");
    CHECK(last.contains(R"("seq":3)"));
    CHECK_FALSE(last.contains(R"("seq":2)"));

    std::ifstream file(options.journal_file);
    std::size_t lines = 0;
    for (std::string line; std::getline(file, line); ++lines) {
        CHECK_NOTHROW(Poco::JSON::Parser().parse(line));
        CHECK(line.find("token") == std::string::npos);
    }
    CHECK(lines == 3);
    std::remove(options.journal_file.c_str());
}

TEST_CASE("live: somebody else changes a key, the token, and the latency") {
    SandboxServer server({});
    Client client(server);
    CHECK(client.admin("PUT", "keys/" + billing, R"({"enabled":false})").status == 200);
    CHECK_FALSE(enabled(client, billing));
    CHECK(client.admin("PUT", "keys/" + billing, R"({"enabled":"no"})").status == 400);
    CHECK(client.admin("PUT", "keys/5e", "{}").status == 404);
    CHECK(client.admin("POST", "latency", "x").status == 400);
    CHECK(client.admin("POST", "latency", "4000000000").status == 400);
    CHECK(client.admin("POST", "latency", "1").status == 200);
    CHECK(client.update(billing).status == 200);
    CHECK(client.admin("POST", "token", "another\n").status == 200);
    CHECK(client.update(billing).status == 401);
}

TEST_CASE("live: requests under way at once are counted, per key as well") {
    SandboxServer server(with_faults("hang*3"));
    Client admin(server);
    auto first = connect_and_send(server, update_bytes(billing, ""));
    auto second = connect_and_send(server, update_bytes(billing, ""));
    auto third = connect_and_send(server, update_bytes(mobile_app, ""));
    await_journal(admin, 3);
    const auto stats = admin.admin("GET", "stats").object();
    CHECK(stats->getValue<int>("max_concurrent") == 3);
    CHECK(stats->getValue<int>("max_concurrent_per_key") == 2);
}

TEST_CASE("live: a request that doesn't arrive whole is not applied") {
    SandboxServer server({});
    Client admin(server);
    auto bytes = update_bytes(billing, R"(,"enabled":false)");
    bytes.pop_back();
    auto socket = connect_and_send(server, bytes);
    socket.shutdownSend();
    CHECK(receive_all(socket).empty());
    CHECK(enabled(admin, billing));
}

TEST_CASE("live: a port belongs to one server") {
    SandboxServer first({});
    Options options;
    options.port = first.port();
    CHECK_THROWS_AS(SandboxServer(options), Poco::Net::NetException);
    first.stop();
    CHECK_NOTHROW(SandboxServer(options));
}

TEST_CASE("live: options that make no sense start nothing") {
    CHECK_THROWS_AS(SandboxServer(with_faults("bogus")), std::invalid_argument);
}
