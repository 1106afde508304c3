// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/drift_output.hpp"

#include "daemon/cli/error_report.hpp"
#include "daemon/cli/terminal.hpp"
#include "daemon/runtime/event_loop.hpp"

#include <optional>
#include <unistd.h>

namespace apikeyd {

namespace {

std::optional<std::size_t> terminal_width(int fd) {
    const auto size = terminal_size(fd);
    return size ? std::optional(size->columns) : std::nullopt;
}

std::string render(const DriftReport& report, const CommandLine& line) {
    switch (line.format) {
    case OutputFormat::json:
        return render_drift_json(report);
    case OutputFormat::markdown:
        return render_drift_markdown(report);
    case OutputFormat::html:
        return render_drift_html(report);
    case OutputFormat::text:
    case OutputFormat::github: // of `validate` alone
    case OutputFormat::sarif:
        break;
    }
    return writes_file(line)
               ? render_drift_text(report, false)
               : render_drift_text(report, wants_color(line, STDOUT_FILENO), terminal_width(STDOUT_FILENO));
}

std::string render(const std::vector<Diagnostic>& errors, OutputFormat format) {
    const WallTime now = current_time().wall;
    switch (format) {
    case OutputFormat::json:
        return render_drift_errors_json(errors, now);
    case OutputFormat::markdown:
        return render_drift_errors_markdown(errors);
    case OutputFormat::html:
        return render_drift_errors_html(errors, now);
    case OutputFormat::text:
    case OutputFormat::github: // of `validate` alone
    case OutputFormat::sarif:
        break;
    }
    return render_diagnostics(errors, false);
}

} // namespace

int print_drift(const DriftReport& report, const CommandLine& line) {
    if (wants_report(line)) {
        print_report(render(report, line), line);
    }
    if (!report.problems.empty()) {
        return exit_error; // an error outranks a difference
    }
    return report.in_sync() ? exit_ok : exit_differences;
}

void print_drift_errors(const std::vector<Diagnostic>& errors, const CommandLine& line) {
    if (line.format != OutputFormat::text || writes_file(line)) {
        print_report(render(errors, line.format), line);
    }
}

void print_drift_errors(const std::exception& error, const CommandLine& line) {
    print_drift_errors(as_command_error(error).diagnostics(), line);
}

int report_drift(const CommandLine& line, const std::function<DriftReport()>& make) {
    DriftReport report;
    try {
        report = make();
    } catch (const std::exception& error) {
        const CommandError told = as_command_error(error);
        print_drift_errors(told.diagnostics(), line);
        throw ReportedError(told);
    }
    return print_drift(report, line);
}

} // namespace apikeyd
