// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

namespace apikeyd::test {

// Holds a text against a file of the repository. With APIKEYD_RENEW_GOLDEN=1 the file is written instead:
// then look at what `git diff` says. Not in CI, where nobody would look.
inline void check_golden(const std::string& folder, const std::string& name, const std::string& text) {
    const std::string path = folder + "/" + name;
    const char* renew = std::getenv("APIKEYD_RENEW_GOLDEN");
    if (renew != nullptr && std::string(renew) == "1") {
        const char* ci = std::getenv("CI");
        REQUIRE((ci == nullptr || *ci == '\0'));
        write_file(path, text);
    }
    INFO(path << ": if the change is meant, renew with APIKEYD_RENEW_GOLDEN=1");
    CHECK(read_file(path) == text);
}

} // namespace apikeyd::test
