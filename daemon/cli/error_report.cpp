// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/error_report.hpp"

#include "daemon/cli/diagnostic_json.hpp"
#include "daemon/runtime/journal.hpp"
#include "daemon/runtime/json_text.hpp"
#include "daemon/runtime/token_store.hpp"
#include "state/state_error.hpp"

#include <iostream>

namespace apikeyd {

namespace {

ExitCode code_of(const std::exception& error) {
    if (const auto* known = dynamic_cast<const CommandError*>(&error)) {
        return known->code();
    }
    if (const auto* state = dynamic_cast<const StateError*>(&error)) {
        return state->kind() == StateError::Kind::exposed ? exit_settings : exit_error;
    }
    return dynamic_cast<const TokenError*>(&error) != nullptr ? exit_settings : exit_error;
}

std::string errors_json(const std::vector<Diagnostic>& diagnostics) {
    auto root = ordered_object();
    root->set("format_version", std::string("1.0"));
    root->set("errors", diagnostics_json(diagnostics));
    return json_text(*root, 2) + "\n";
}

} // namespace

CommandError as_command_error(const std::exception& error) {
    const auto* known = dynamic_cast<const CommandError*>(&error);
    if (known != nullptr && !known->diagnostics().empty()) {
        return *known;
    }
    Diagnostic diagnostic;
    diagnostic.message = error.what();
    return {code_of(error), error.what(), {diagnostic}};
}

int report_error(const std::exception& error, const CommandLine& line) {
    std::cerr << for_stderr(LogLevel::error, std::string("apikeyd: ") + error.what()) << std::endl;
    if (line.format == OutputFormat::json && dynamic_cast<const ReportedError*>(&error) == nullptr) {
        const std::string document = errors_json(as_command_error(error).diagnostics());
        try {
            print_report(document, line);
        } catch (const std::exception&) { // as a rule the very error that was told
            if (writes_file(line)) {
                std::cout << document << std::flush; // whoever parses it gets one document all the same
            }
        }
    }
    return code_of(error);
}

} // namespace apikeyd
