// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/digest.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;

TEST_CASE("digest: eight digits or more name it, with or without the algorithm") {
    const std::string digest = "sha256:3fa9c1204d1187aa";
    CHECK(digest_matches(digest, "3fa9c120"));
    CHECK(digest_matches(digest, "sha256:3fa9c1204d"));
    CHECK(digest_matches(digest, digest));
    CHECK_FALSE(digest_matches(digest, "3fa9c12"));
    CHECK_FALSE(digest_matches(digest, "3fa9c121"));
    CHECK_FALSE(digest_matches(digest, "sha256:"));
}

TEST_CASE("digest: the short form names it") {
    CHECK(short_digest("sha256:3fa9c1204d1187aa") == "3fa9c1204d11");
    CHECK(short_digest("3fa9c1204d1187aa") == "3fa9c1204d11");
    CHECK(short_digest("3fa9").size() == 4);
    CHECK(short_digest("").empty());
}
