// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "config/diagnostic.hpp"
#include "config/settings.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace apikeyd {

// Exit codes that scripts rely on; 64 and 78 as in sysexits.h(3head).
enum ExitCode : int {
    exit_ok = 0,
    exit_error = 1,
    exit_differences = 2,
    exit_usage = 64,
    exit_settings = 78
};

// The forms of reports; which command has which, command_table.cpp says.
enum class OutputFormat {
    text,
    json,
    github, // workflow commands, which GitHub shows at the lines of a change
    sarif,
    markdown,
    html
};

// What the command line said, besides the settings.
struct CommandLine {
    SettingSources sources;
    OutputFormat format = OutputFormat::text;
    std::string output; // the file that reports go into; empty or "-": standard output
    bool no_color = false;
    bool quiet = false; // with a report for people; those for programs are what they are run for
    bool dry_run = false;
    bool of_settings = false;       // `schema`: that of the settings file
    std::vector<std::string> paths; // of `validate`
    std::string digest;             // of `approve`, and of `apply --approve`; empty: none
    std::vector<std::string> ids;   // of `import`
    std::string ids_file;           // the same, as a list in a file; "-": standard input
    std::string merge;              // of `import`: the desired file to add to; empty: none
    std::string duration;           // of `suspend`
    std::string reason;             // of `suspend`

    // Of `history` and `status`, as they were written.
    std::optional<std::string> key, since, limit;
    std::vector<std::string> only;
    bool verify = false;
    bool watch = false; // of `status`
};

// Ends the command with a message and a code. The message ends without a newline.
class CommandError : public std::runtime_error {
  public:
    CommandError(ExitCode code, const std::string& message, std::vector<Diagnostic> diagnostics = {})
        : std::runtime_error(message)
        , code_(code)
        , diagnostics_(std::move(diagnostics)) {}
    ExitCode code() const noexcept { return code_; }
    // What is wrong, one by one, where that is known; for reports.
    const std::vector<Diagnostic>& diagnostics() const noexcept { return diagnostics_; }

  private:
    ExitCode code_;
    std::vector<Diagnostic> diagnostics_;
};

// The settings, where they go together.
Loaded<Settings> usable_settings(const CommandLine& line);

// The same; what is wrong with them goes to standard error. Throws CommandError (78) if they can't be used.
Settings require_settings(const CommandLine& line);

// The desired state; diagnostics go to standard error. Throws CommandError (1) if it is invalid, with what
// follows from that.
DesiredState require_desired(const Settings& settings, const CommandLine& line,
                             std::string_view consequence = {});

// Whether to colour what goes to this file descriptor: a terminal, and neither --no-color nor NO_COLOR
// (https://no-color.org) nor TERM=dumb says otherwise.
bool wants_color(const CommandLine& line, int fd);

// Writes a report to standard output and flushes it. Throws CommandError (1) if it can't all be written.
void print(const std::string& text);

// Writes a report to where --output says: into a file, whole or not at all, else to standard output. Throws
// CommandError (1) if it can't all be written.
void print_report(const std::string& text, const CommandLine& line);

// Whether a report goes into a file rather than to standard output.
bool writes_file(const CommandLine& line);

// Whether a report is wanted at all: --quiet silences text on standard output, but no form that was asked for
// and no file.
bool wants_report(const CommandLine& line);

// The diagnostics as text for a terminal.
std::string render_diagnostics(const std::vector<Diagnostic>& diagnostics, bool color);

} // namespace apikeyd
