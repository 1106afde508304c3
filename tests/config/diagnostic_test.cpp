// SPDX-License-Identifier: Apache-2.0
#include "config/diagnostic.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;

namespace {

Diagnostic sample() {
    Diagnostic diagnostic;
    diagnostic.file = "keys.yaml";
    diagnostic.line = 12;
    diagnostic.column = 14;
    diagnostic.message = "'yes' is not a boolean";
    diagnostic.hint = "write true or false";
    diagnostic.excerpt = "    enabled: yes";
    diagnostic.caret = 14;
    return diagnostic;
}

} // namespace

TEST_CASE("diagnostic: shows the place, the line with a caret, and the hint") {
    CHECK(render_diagnostic(sample(), false) == "keys.yaml:12:14: error: 'yes' is not a boolean\n"
                                                "  12 |     enabled: yes\n"
                                                "     |              ^\n"
                                                "  hint: write true or false\n");
}

TEST_CASE("diagnostic: leaves out what is not known") {
    Diagnostic diagnostic;
    diagnostic.severity = Severity::warning;
    diagnostic.file = "APIKEYD_KEY";
    diagnostic.message = "unknown variable";
    CHECK(render_diagnostic(diagnostic, false) == "APIKEYD_KEY: warning: unknown variable\n");
    diagnostic.line = 3;
    CHECK(summarize_diagnostic(diagnostic) == "APIKEYD_KEY:3: unknown variable");
    diagnostic.excerpt = "text";
    CHECK(render_diagnostic(diagnostic, false) == "APIKEYD_KEY:3: warning: unknown variable\n  3 | text\n");
}

TEST_CASE("diagnostic: a summary is one line") {
    Diagnostic diagnostic = sample();
    CHECK(summarize_diagnostic(diagnostic) == "keys.yaml:12:14: 'yes' is not a boolean");
    diagnostic.file = "a\nb";
    diagnostic.message = "it's \x1b[2J\nhere";
    CHECK(summarize_diagnostic(diagnostic) == "a\\nb:12:14: it's \\x1b[2J\\nhere");
}

TEST_CASE("diagnostic: controls and direction marks in quoted text are visible, the caret still fits") {
    Diagnostic diagnostic = sample();
    diagnostic.message = "\x1b[31mred";
    diagnostic.hint = "\u202egnorw";
    diagnostic.excerpt = "\ta\u202e: yes";
    diagnostic.caret = 6;
    CHECK(render_diagnostic(diagnostic, false) == "keys.yaml:12:14: error: \\x1b[31mred\n"
                                                  "  12 | \\ta\\u202e: yes\n"
                                                  "     |            ^\n"
                                                  "  hint: \\u202egnorw\n");
}

TEST_CASE("diagnostic: the caret counts what a terminal shows, not bytes") {
    Diagnostic diagnostic = sample();
    diagnostic.hint.clear();
    diagnostic.excerpt = "é日x";
    diagnostic.caret = 3;
    CHECK(render_diagnostic(diagnostic, false) == "keys.yaml:12:14: error: 'yes' is not a boolean\n"
                                                  "  12 | é日x\n"
                                                  "     |    ^\n");
}

TEST_CASE("diagnostic: colours come only when asked for") {
    CHECK(render_diagnostic(sample(), false).find('\x1b') == std::string::npos);
    const std::string colored = render_diagnostic(sample(), true);
    CHECK(colored.find("\x1b[1;31merror:\x1b[0m") != std::string::npos);
    CHECK(colored.find("\x1b[1;32m^\x1b[0m") != std::string::npos);
}
