// SPDX-License-Identifier: Apache-2.0
#include "config/secret.hpp"

#include <catch2/catch.hpp>

#include <type_traits>

using namespace apikeyd;

TEST_CASE("secret: can't be converted or compared by accident") {
    STATIC_REQUIRE_FALSE(std::is_convertible_v<Secret, std::string>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<Secret, std::string_view>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<std::string, Secret>);
    const Secret one(std::string("token"));
    CHECK(one.same_as(Secret(std::string("token"))));
    CHECK_FALSE(one.same_as(Secret(std::string("tokem"))));
    CHECK_FALSE(one.same_as(Secret(std::string("token-and-more"))));
}

TEST_CASE("secret: what it is made from is left empty and wiped") {
    std::string short_text = "short";
    const char* inside = short_text.data(); // kept in the object itself: still ours to look at
    const Secret secret(std::move(short_text));
    CHECK(short_text.empty()); // NOLINT(bugprone-use-after-move)
    CHECK(std::string_view(inside, 5) == std::string_view("\0\0\0\0\0", 5));
    CHECK(secret.reveal() == "short");
}

TEST_CASE("secret: the fingerprint is HMAC-SHA-256, RFC 4231 test case 2") {
    const Fingerprinter fingerprinter(Secret(std::string("Jefe")));
    const Fingerprint print = fingerprinter("what do ya want for nothing?");
    CHECK(print[0] == 0x5b);
    CHECK(print[1] == 0xdc);
    CHECK(print[30] == 0x38);
    CHECK(print[31] == 0x43);
}

TEST_CASE("secret: SHA-256 of 'abc', FIPS 180-4 example") {
    Sha256 digest;
    digest.update("a");
    digest.update("bc");
    CHECK(digest.finish() == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
