// SPDX-License-Identifier: Apache-2.0
#include "config/settings.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace apikeyd;
using namespace std::string_literals;

TEST_CASE("api url: https to any host, http to this one") {
    for (const char* url :
         {"https://api.plumaa.id/rest/v1", "https://api.example.com", "HTTPS://API.example.com:8443/",
          "https://10.0.0.1/x", "https://[2001:db8::1]:443/rest", "http://127.0.0.1:8080/rest/v1",
          "http://127.255.3.4", "http://[::1]:1/", "http://localhost/", "http://LocalHost:65535"}) {
        CAPTURE(url);
        CHECK(refuse_api_url(url) == std::nullopt);
    }
}

TEST_CASE("api url: http to anywhere else would show the token") {
    for (const char* url :
         {"http://api.plumaa.id/rest/v1", "http://10.0.0.1", "http://127.0.0.1.example.com", "http://127.1",
          "http://0127.0.0.1", "http://128.0.0.1", "http://127.0.0.256", "http://localhost.example.com",
          "http://localhosts", "http://[::2]", "http://[::ffff:127.0.0.1]", "http://127.0.0.1."}) {
        CAPTURE(url);
        REQUIRE(refuse_api_url(url));
        CHECK(refuse_api_url(url)->starts_with("http would send the token in the clear"));
    }
}

TEST_CASE("api url: what is no plain URL is refused") {
    CHECK(refuse_api_url("") == "the URL must begin with https://");
    CHECK(refuse_api_url("ftp://example.com") == "the URL must begin with https://");
    CHECK(refuse_api_url("api.example.com") == "the URL must begin with https://");
    CHECK(refuse_api_url("https:/example.com") == "the URL must begin with https://");
    CHECK(refuse_api_url("https://user:pass@example.com") == "the URL must not have a user or a password");
    CHECK(refuse_api_url("http://127.0.0.1@example.com") == "the URL must not have a user or a password");
    CHECK(refuse_api_url("https://example.com/?a=b") == "the URL must not have a query or a fragment");
    CHECK(refuse_api_url("https://example.com/#a") == "the URL must not have a query or a fragment");
    for (const std::string& url :
         {"https://example.com/\r\nX: y"s, "https://example.com/ a"s, "https://exämple.com"s,
          "https://example.com\\@evil"s, "https://a\0b"s, "https://a\x7f"s}) {
        CAPTURE(url);
        CHECK(refuse_api_url(url) ==
              "the URL has a space, a backslash, a control character or one beyond ASCII");
    }
    for (const char* url : {"https://", "https:///path", "https://:443", "https://a%2eb", "https://[]",
                            "https://[::1", "https://-a", "https://a:b:1"}) {
        CAPTURE(url);
        CHECK(refuse_api_url(url));
    }
    for (const char* url :
         {"https://a:", "https://a:0", "https://a:65536", "https://a:+1", "https://[::1]:x"}) {
        CAPTURE(url);
        CHECK(refuse_api_url(url) == "the URL's port must be 1 to 65535");
    }
}
