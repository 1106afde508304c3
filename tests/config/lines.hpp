// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/diagnostic.hpp"
#include "config/time.hpp"

#include <string>
#include <vector>

namespace apikeyd::test {

// The moment of every test about files: noon of 1 June 2026, UTC.
inline constexpr WallTime now =
    std::chrono::sys_days{std::chrono::year{2026} / 6 / 1} + std::chrono::hours{12};

// Each diagnostic on one line, as in "file:1:2: message".
inline std::vector<std::string> lines(const std::vector<Diagnostic>& diagnostics) {
    std::vector<std::string> result;
    for (const Diagnostic& diagnostic : diagnostics) {
        result.push_back(summarize_diagnostic(diagnostic));
    }
    return result;
}

using Lines = std::vector<std::string>;

} // namespace apikeyd::test
