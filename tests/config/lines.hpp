// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/diagnostic.hpp"

#include <string>
#include <vector>

namespace apikeyd::test {

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
