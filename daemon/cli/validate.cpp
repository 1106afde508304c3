// SPDX-License-Identifier: Apache-2.0
#include "config/desired_loader.hpp"
#include "config/utf8.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/validation.hpp"
#include "daemon/runtime/event_loop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace apikeyd {

namespace {

constexpr std::string_view standard_input = "<stdin>";

Validation::Checked check(const std::string& path) {
    const bool piped = path == "-";
    const std::string name(piped ? standard_input : path);
    const WallTime now = current_time().wall;
    Loaded<DesiredState> loaded =
        piped ? load_desired_stream(STDIN_FILENO, name, now) : load_desired(path, now);
    return {name, loaded ? std::optional(loaded.value->keys().size()) : std::nullopt,
            std::move(loaded.diagnostics)};
}

std::string text_of(const Validation::Checked& checked, bool color) {
    std::string text = render_diagnostics(checked.diagnostics, color);
    if (checked.keys) {
        text += fmt::format("{}: valid, {} key{}\n", visible_text(checked.path), *checked.keys,
                            *checked.keys == 1 ? "" : "s");
    }
    return text;
}

// All of it at once, what is wrong with the settings included.
Validation check_all(const CommandLine& line, std::vector<std::string> paths, bool needs_settings) {
    Validation validation;
    if (needs_settings) {
        Loaded<Settings> settings = usable_settings(line);
        validation.settings_file = line.sources.settings_file;
        validation.settings = std::move(settings.diagnostics);
        validation.code = settings ? exit_ok : exit_settings;
        if (settings && paths.empty()) {
            paths.push_back(settings.value->keys);
        }
    }
    for (const std::string& path : paths) {
        validation.files.push_back(check(path));
        if (!validation.files.back().keys && validation.code == exit_ok) {
            validation.code = exit_error;
        }
    }
    return validation;
}

std::string render(const Validation& validation, OutputFormat format) {
    switch (format) {
    case OutputFormat::github:
        return render_validation_github(validation);
    case OutputFormat::sarif:
        return render_validation_sarif(validation);
    default:
        return render_validation_json(validation);
    }
}

ExitCode check_as_text(const CommandLine& line, const std::string& path) {
    const Validation::Checked checked = check(path);
    if (!line.quiet) {
        print(text_of(checked, wants_color(line, STDOUT_FILENO)));
    }
    return checked.keys ? exit_ok : exit_error;
}

// For people: file by file as they are checked. What is wrong with the settings goes to standard error, and
// hides nothing of the files.
int validate_as_text(const CommandLine& line, bool needs_settings) {
    ExitCode code = exit_ok;
    for (const std::string& path : line.paths) {
        code = std::max(code, check_as_text(line, path));
    }
    if (needs_settings) {
        const Settings settings = require_settings(line);
        if (line.paths.empty()) {
            code = check_as_text(line, settings.keys);
        }
    }
    return code;
}

} // namespace

int validate_command(const CommandLine& line) {
    // Without a path the settings say which file is meant; with --config they are to be checked themselves.
    const bool needs_settings = line.paths.empty() || line.sources.settings_file_required;
    if (line.format == OutputFormat::text) {
        return validate_as_text(line, needs_settings);
    }
    const Validation validation = check_all(line, line.paths, needs_settings);
    print(render(validation, line.format));
    return validation.code;
}

} // namespace apikeyd
