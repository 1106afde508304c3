// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/site.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace apikeyd;
using Catch::Matchers::Contains;

namespace {

Site site(HostCheck hosts = HostCheck::names({"metrics.example.com"})) {
    Site made(std::move(hosts));
    made.add("/", [](const Query&) { return WebResponse{200, "root"}; });
    made.add("/echo", [](const Query& query) {
        std::string body;
        for (const auto& [name, value] : query) {
            body += name + "=" + value + ";";
        }
        return WebResponse{200, body};
    });
    made.add("/broken", [](const Query&) -> WebResponse { throw std::runtime_error("it broke"); });
    made.add("/styled", [](const Query&) {
        WebResponse response{200, "", "text/html"};
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'";
        return response;
    });
    return made;
}

WebResponse ask(const std::string& target, const std::string& method = "GET",
                const std::vector<std::string>& hosts = {"localhost"}) {
    return site().answer({method, target, hosts});
}

} // namespace

TEST_CASE("site: a guard may answer in a handler's place, with what all answers carry") {
    Site guarded = site();
    guarded.set_guard([](std::string_view path) {
        return path == "/echo" ? std::optional(WebResponse{503, "not now"}) : std::nullopt;
    });
    CHECK(guarded.answer({"GET", "/", {"localhost"}}).body == "root");
    const WebResponse instead = guarded.answer({"GET", "/echo?a=1", {"localhost"}});
    CHECK(instead.status == 503);
    CHECK(instead.body == "not now");
    CHECK(instead.headers.contains("Content-Security-Policy"));
    CHECK(guarded.answer({"GET", "/nowhere", {"localhost"}}).status == 404);
}

TEST_CASE("site: a path is answered exactly, with its decoded query") {
    CHECK(ask("/").body == "root");
    CHECK(ask("/echo?b=%3Cx%3E&a=1+2&a=3").body == "a=3;b=<x>;");
    CHECK(ask("/%65cho").status == 200);
    CHECK(ask("/echo/").status == 404);
    CHECK(ask("//").status == 404);
    CHECK(ask("/../etc/passwd").status == 404);
    CHECK(ask("/", "HEAD").status == 200);
}

TEST_CASE("site: what is no path of ours is refused") {
    for (const char* target : {"", "*", "echo", "/echo?a=%zz", "/%4", "localhost/echo",
                               "https://localhost/echo", "ftp://localhost/echo", "http:/echo", "http:echo",
                               "http://", "http:///echo", "http://?a=1", "http://localhost/echo?a=%zz"}) {
        CAPTURE(target);
        CHECK(ask(target).status == 400);
    }
    CHECK(ask("/" + std::string(2047, 'a')).status == 404);
    CHECK(ask("/" + std::string(2048, 'a')).status == 414);
}

TEST_CASE("site: a whole URI is answered like its path, and its authority counts in place of Host") {
    CHECK(ask("http://localhost/echo?a=1").body == "a=1;");
    CHECK(ask("HTTP://127.0.0.1:9180/echo?a=http://x/").body == "a=http://x/;");
    CHECK(ask("http://[::1]:9464/%65cho").status == 200);
    CHECK(ask("http://localhost").body == "root");
    CHECK(ask("http://localhost:9464?a=1").body == "root");
    CHECK(ask("http://localhost/none").status == 404);
    CHECK(ask("http://localhost/", "POST").status == 405);
    CHECK(ask("http://metrics.example.com/", "GET", {"evil.example"}).body == "root");
    for (const char* target :
         {"http://evil.example/", "http://evil.example", "http://localhost@evil.example/",
          "http://localhost:80@evil.example/", "http://evil.example#localhost/", "http://localhost:x/",
          "http://evil.example\\@localhost/", "http://user@localhost/"}) {
        CAPTURE(target);
        CHECK(ask(target).status == 421); // whatever Host says
    }
    CHECK(ask("http://localhost/", "GET", {}).status == 400);
    CHECK(ask("http://localhost/", "GET", {"localhost", "localhost"}).status == 400);
    CHECK(site(HostCheck::anything()).answer({"GET", "http://any.example/", {"localhost"}}).status == 200);
    CHECK(ask("http://localhost/" + std::string(2048, 'a')).status == 414);
}

TEST_CASE("site: nothing but GET and HEAD, and it says so") {
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "CONNECT"}) {
        CAPTURE(method);
        const WebResponse response = ask("/", method);
        CHECK(response.status == 405);
        CHECK(response.headers.at("Allow") == "GET, HEAD");
    }
}

TEST_CASE("site: it answers to names that a foreign page can't have, and to no other") {
    for (const char* host : {"localhost", "LocalHost:9464", "127.0.0.1", "127.0.0.1:9464", "[::1]:9464",
                             "[::1]", "192.0.2.1:80", "metrics.example.com", "Metrics.Example.com:9464"}) {
        CAPTURE(host);
        CHECK(ask("/", "GET", {host}).status == 200);
    }
    for (const char* host :
         {"evil.example", "evil.example:9464", "localhost.evil.example", "127.0.0.1.evil.example",
          "metrics.example.com.evil.example", "", ":9464", "localhost:", "localhost:x", "localhost:123456",
          "[::1", "::1", "0x7f.1", "localhost, evil.example"}) {
        CAPTURE(host);
        CHECK(ask("/", "GET", {host}).status == 421);
    }
    CHECK(ask("/", "GET", {}).status == 400);
    CHECK(ask("/", "GET", {"localhost", "evil.example"}).status == 400);
    CHECK(site(HostCheck::anything()).answer({"GET", "/", {"anything.example"}}).status == 200);
}

TEST_CASE("site: every answer carries what keeps browsers from misusing it") {
    for (const WebResponse& response : {ask("/"), ask("/none"), ask("/broken"), ask("/", "POST"),
                                        ask("/", "GET", {"evil.example"}), ask("*")}) {
        CHECK_THAT(response.headers.at("Content-Security-Policy"),
                   Contains("default-src 'none'") && Contains("frame-ancestors 'none'"));
        CHECK(response.headers.at("X-Content-Type-Options") == "nosniff");
        CHECK(response.headers.at("Cache-Control") == "no-store");
        CHECK(response.headers.at("Referrer-Policy") == "no-referrer");
        CHECK(response.headers.at("Cross-Origin-Resource-Policy") == "same-origin");
    }
    CHECK(ask("/styled").headers.at("Content-Security-Policy") == "default-src 'none'; style-src 'self'");
}

TEST_CASE("site: a handler that fails is answered for") {
    CHECK(ask("/broken").status == 500);
    CHECK_THAT(ask("/broken").body, Contains("it broke"));
}
