// SPDX-License-Identifier: Apache-2.0
#include "config/desired_loader.hpp"
#include "daemon/cli/commands.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace apikeyd {

namespace {

// Checks one file or folder and says how it went; whether it is valid.
bool validate_path(const std::string& path, const CommandLine& line) {
    const Loaded<DesiredState> loaded = load_desired(path);
    if (line.quiet) {
        return static_cast<bool>(loaded);
    }
    std::string text = render_diagnostics(loaded.diagnostics, wants_color(line, STDOUT_FILENO));
    if (loaded) {
        const auto count = loaded.value->keys().size();
        text += fmt::format("{}: valid, {} key{}\n", path, count, count == 1 ? "" : "s");
    }
    print(text);
    return static_cast<bool>(loaded);
}

} // namespace

int validate_command(const CommandLine& line) {
    std::vector<std::string> paths = line.paths;
    // Without a path the settings say which file is meant; with --config they are to be checked themselves.
    if (paths.empty() || line.sources.settings_file_required) {
        const Settings settings = require_settings(line);
        if (paths.empty()) {
            paths.push_back(settings.keys);
        }
    }
    bool valid = true;
    for (const std::string& path : paths) {
        valid = validate_path(path, line) && valid;
    }
    return valid ? exit_ok : exit_error;
}

} // namespace apikeyd
