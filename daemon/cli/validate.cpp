// SPDX-License-Identifier: Apache-2.0
#include "config/desired_loader.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/json_text.hpp"

#include <Poco/JSON/Array.h>
#include <fmt/format.h>

#include <optional>
#include <unistd.h>

namespace apikeyd {

namespace {

// A file or folder, and how it was found; no number of keys: invalid.
struct Checked {
    std::string path;
    std::optional<std::size_t> keys;
    std::vector<Diagnostic> diagnostics;
};

Checked check(const std::string& path) {
    Loaded<DesiredState> loaded = load_desired(path, current_time().wall);
    return {path, loaded ? std::optional(loaded.value->keys().size()) : std::nullopt,
            std::move(loaded.diagnostics)};
}

std::string text_of(const Checked& checked, bool color) {
    std::string text = render_diagnostics(checked.diagnostics, color);
    if (checked.keys) {
        text +=
            fmt::format("{}: valid, {} key{}\n", checked.path, *checked.keys, *checked.keys == 1 ? "" : "s");
    }
    return text;
}

std::optional<std::uint32_t> if_known(std::uint32_t place) {
    return place == 0 ? std::nullopt : std::optional(place);
}

Poco::JSON::Object::Ptr json_of(const Diagnostic& diagnostic) {
    auto object = ordered_object();
    object->set("severity", std::string(diagnostic.severity == Severity::error ? "error" : "warning"));
    object->set("file", diagnostic.file);
    object->set("line", json_or_null(if_known(diagnostic.line)));
    object->set("column", json_or_null(if_known(diagnostic.column)));
    object->set("message", diagnostic.message);
    object->set("hint",
                json_or_null(diagnostic.hint.empty() ? std::nullopt : std::optional(diagnostic.hint)));
    return object;
}

// The report of `validate --format json`, put together piece by piece.
class JsonReport {
  public:
    void add(const std::vector<Diagnostic>& diagnostics) {
        for (const Diagnostic& diagnostic : diagnostics) {
            diagnostics_->add(json_of(diagnostic));
        }
    }

    void add(const Checked& checked) {
        auto file = ordered_object();
        file->set("path", checked.path);
        file->set("valid", checked.keys.has_value());
        file->set("keys", json_or_null(checked.keys));
        files_->add(file);
        add(checked.diagnostics);
    }

    std::string text(bool valid) const {
        auto root = ordered_object();
        root->set("format_version", std::string("1.0"));
        root->set("valid", valid);
        root->set("files", files_);
        root->set("diagnostics", diagnostics_);
        return json_text(*root, 2) + "\n";
    }

  private:
    Poco::JSON::Array::Ptr files_ = new Poco::JSON::Array;
    Poco::JSON::Array::Ptr diagnostics_ = new Poco::JSON::Array;
};

// Everything in one report on standard output, what is wrong with the settings included.
int validate_as_json(const CommandLine& line, std::vector<std::string> paths, bool needs_settings) {
    JsonReport report;
    ExitCode code = exit_ok;
    if (needs_settings) {
        const Loaded<Settings> settings = usable_settings(line);
        report.add(settings.diagnostics);
        code = settings ? exit_ok : exit_settings;
        if (settings && paths.empty()) {
            paths.push_back(settings.value->keys);
        }
    }
    for (const std::string& path : paths) {
        const Checked checked = check(path);
        report.add(checked);
        code = !checked.keys && code == exit_ok ? exit_error : code;
    }
    if (!line.quiet) {
        print(report.text(code == exit_ok));
    }
    return code;
}

int validate_as_text(const CommandLine& line, std::vector<std::string> paths, bool needs_settings) {
    if (needs_settings) {
        const Settings settings = require_settings(line);
        if (paths.empty()) {
            paths.push_back(settings.keys);
        }
    }
    ExitCode code = exit_ok;
    for (const std::string& path : paths) {
        const Checked checked = check(path);
        code = checked.keys ? code : exit_error;
        if (!line.quiet) {
            print(text_of(checked, wants_color(line, STDOUT_FILENO)));
        }
    }
    return code;
}

} // namespace

int validate_command(const CommandLine& line) {
    // Without a path the settings say which file is meant; with --config they are to be checked themselves.
    const bool needs_settings = line.paths.empty() || line.sources.settings_file_required;
    return line.format == OutputFormat::json ? validate_as_json(line, line.paths, needs_settings)
                                             : validate_as_text(line, line.paths, needs_settings);
}

} // namespace apikeyd
