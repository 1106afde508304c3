// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/diagnostic.hpp"
#include "daemon/cli/context.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace apikeyd {

// What `validate` found, ready to be written in any form for programs. A value.
struct Validation {
    // A desired file, or a folder of them.
    struct Checked {
        std::string path;                // as the operator named it; "<stdin>"
        std::optional<std::size_t> keys; // nothing: invalid
        std::vector<Diagnostic> diagnostics;
    };
    std::string settings_file;        // what of `settings` has this for its file is about that file
    std::vector<Diagnostic> settings; // otherwise about a variable, a flag or a setting of that name
    std::vector<Checked> files;
    ExitCode code = exit_ok;
};

// An object with "files" and "diagnostics".
std::string render_validation_json(const Validation& validation);

// A workflow command for each diagnostic: GitHub shows it at its line of a pull request.
// https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
std::string render_validation_github(const Validation& validation);

// SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), for code scanning.
std::string render_validation_sarif(const Validation& validation);

} // namespace apikeyd
