// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/context.hpp"

#include "config/desired_loader.hpp"
#include "config/text_file.hpp"
#include "config/utf8.hpp"
#include "daemon/cli/drift_words.hpp"
#include "daemon/cli/output_file.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace apikeyd {

namespace {

// Errors are why there is no value; with one, there are only warnings.
template <typename T>
void tell_diagnostics(const Loaded<T>& loaded, const CommandLine& line) {
    std::cerr << for_stderr(loaded ? LogLevel::warning : LogLevel::error,
                            render_diagnostics(loaded.diagnostics, wants_color(line, STDERR_FILENO)));
}

} // namespace

Loaded<Settings> usable_settings(const CommandLine& line) {
    Loaded<Settings> loaded = load_settings(line.sources);
    if (loaded) {
        const std::vector<Diagnostic> refused = refuse_combinations(*loaded.value);
        loaded.diagnostics.insert(loaded.diagnostics.end(), refused.begin(), refused.end());
        if (!refused.empty()) {
            loaded.value.reset();
        }
    }
    return loaded;
}

Settings require_settings(const CommandLine& line) {
    Loaded<Settings> loaded = usable_settings(line);
    tell_diagnostics(loaded, line);
    if (!loaded) {
        throw CommandError(exit_settings, "the settings can't be used: " + count_errors(loaded.diagnostics),
                           loaded.diagnostics);
    }
    return std::move(*loaded.value);
}

DesiredState require_desired(const Settings& settings, const CommandLine& line,
                             std::string_view consequence) {
    Loaded<DesiredState> loaded = load_desired(settings.keys, current_time().wall);
    tell_diagnostics(loaded, line);
    if (!loaded) {
        throw CommandError(exit_error,
                           fmt::format("{}: {}{}{}", name_to_show(settings.keys),
                                       count_errors(loaded.diagnostics), consequence.empty() ? "" : "; ",
                                       consequence),
                           loaded.diagnostics);
    }
    return std::move(*loaded.value);
}

bool wants_color(const CommandLine& line, int fd) {
    const char* no_color = std::getenv("NO_COLOR");
    const char* term = std::getenv("TERM");
    return !line.no_color && (no_color == nullptr || *no_color == '\0') &&
           (term == nullptr || std::string_view(term) != "dumb") && isatty(fd) == 1;
}

void print(const std::string& text) {
    std::cout << text << std::flush;
    if (!std::cout) {
        throw CommandError(exit_error, "standard output can't be written");
    }
}

void print_report(const std::string& text, const CommandLine& line) {
    if (!writes_file(line)) {
        print(text);
        return;
    }
    try {
        write_whole_file(line.output, text);
    } catch (const std::system_error& error) {
        throw CommandError(exit_error, fmt::format("{}: the report can't be written: {}",
                                                   visible_text(line.output), error.code().message()));
    }
}

bool writes_file(const CommandLine& line) {
    return !line.output.empty() && line.output != "-";
}

bool wants_report(const CommandLine& line) {
    return !line.quiet || line.format != OutputFormat::text || writes_file(line);
}

std::string render_diagnostics(const std::vector<Diagnostic>& diagnostics, bool color) {
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics) { // of each file only so many were kept
        text += render_diagnostic(diagnostic, color);
    }
    return text;
}

} // namespace apikeyd
