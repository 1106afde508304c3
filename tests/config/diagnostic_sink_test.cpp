// SPDX-License-Identifier: Apache-2.0
#include "config/diagnostic_sink.hpp"

#include "tests/config/lines.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;

TEST_CASE("diagnostic sink: an offset becomes line, column and excerpt") {
    DiagnosticSink sink("f", "a\n  éx: y\r\nc");
    sink.error(10, "late", "hint");
    sink.error(6, "early");
    sink.warning(12, "at the end");
    CHECK(sink.failed());
    const auto diagnostics = sink.take();
    CHECK(lines(diagnostics) == Lines{"f:2:4: early", "f:2:8: late", "f:3:1: at the end"});
    CHECK(diagnostics[0].excerpt == "  éx: y");
    CHECK(diagnostics[0].caret == 4);
    CHECK(diagnostics[1].hint == "hint");
    CHECK(diagnostics[2].severity == Severity::warning);
}

TEST_CASE("diagnostic sink: an offset beyond the end is the end") {
    DiagnosticSink sink("f", "ab\n");
    sink.error(99, "end");
    CHECK(lines(sink.take()) == Lines{"f:2:1: end"});
}

TEST_CASE("diagnostic sink: of a long line the part around the place is shown") {
    std::string text(100'000, 'a');
    text.replace(50'000, 2, "é");
    DiagnosticSink sink("f", text);
    sink.error(50'000, "here");
    const Diagnostic diagnostic = sink.take().front();
    CHECK(diagnostic.column == 50'001);
    CHECK(diagnostic.excerpt.size() < 120);
    CHECK(diagnostic.excerpt.starts_with("…a"));
    CHECK(diagnostic.excerpt.ends_with("a…"));
    CHECK(diagnostic.caret == 52);
    CHECK(diagnostic.excerpt.substr(std::string("…").size() + 50, 2) == "é");
}

TEST_CASE("diagnostic sink: all are counted, a hundred are kept") {
    const std::string text(2'000, '\n');
    DiagnosticSink sink("f", text);
    for (std::size_t i = 0; i < 1'234; ++i) {
        sink.error(i, "bad");
    }
    sink.warning(3, "hm");
    const auto diagnostics = sink.take();
    REQUIRE(diagnostics.size() == 102);
    CHECK(summarize_diagnostic(diagnostics.back()) == "f: and 1134 more errors in this file");
}

TEST_CASE("diagnostic sink: a silenced line reports nothing more, others do") {
    DiagnosticSink sink("f", "aa\nbb\ncc\n");
    sink.silence_line_of(4);
    sink.silence_line_of(5);
    sink.error(3, "silent");
    sink.error(5, "silent");
    sink.error(2, "above");
    sink.error(6, "below");
    CHECK(lines(sink.take()) == Lines{"f:1:3: above", "f:3:1: below"});
}

TEST_CASE("diagnostic sink: a line that may hold a secret is never quoted") {
    DiagnosticSink sink("f", "a: 1\ntoken: s3\n  cret\nb: 2\nc: 3\n");
    sink.error(0, "above");
    sink.conceal_from(5);
    sink.error(12, "within");
    sink.reveal_at(22);
    sink.error(17, "its second line");
    sink.error(22, "below");
    sink.conceal_from(27);
    sink.error(27, "never revealed");
    const auto diagnostics = sink.take();
    REQUIRE(diagnostics.size() == 5);
    CHECK(diagnostics[0].excerpt == "a: 1");
    CHECK(diagnostics[1].excerpt.empty());
    CHECK(diagnostics[1].caret == 0);
    CHECK(diagnostics[2].excerpt.empty());
    CHECK(diagnostics[3].excerpt == "b: 2");
    CHECK(diagnostics[4].excerpt.empty());
}

TEST_CASE("diagnostic sink: once the text is gone a place still has its line and column") {
    std::string text = "a\nbcd\n";
    DiagnosticSink sink("f", text);
    sink.error_at(2, 3, "with text");
    sink.release();
    text.clear();
    sink.error_at(1, 1, "without");
    const auto diagnostics = sink.take();
    CHECK(lines(diagnostics) == Lines{"f:1:1: without", "f:2:3: with text"});
    CHECK(diagnostics[0].excerpt.empty());
    CHECK(diagnostics[1].excerpt == "bcd");
}

TEST_CASE("diagnostic sink: the text at hand again quotes what had to go without, and only that") {
    const std::string text = "a\ntoken: s3\nid: é y\n";
    DiagnosticSink sink("f", text);
    sink.file_error("as a whole");
    sink.conceal_from(2);
    sink.reveal_at(12);
    sink.release();
    CHECK_FALSE(sink.lacks_lines());
    sink.error_at(3, 5, "plain");
    sink.error_at(2, 1, "concealed");
    CHECK(sink.lacks_lines());
    sink.quote_lines(text);
    CHECK_FALSE(sink.lacks_lines());
    const auto diagnostics = sink.take();
    REQUIRE(diagnostics.size() == 3);
    CHECK(diagnostics[0].excerpt.empty());
    CHECK(diagnostics[1].excerpt.empty());
    CHECK(diagnostics[1].caret == 0);
    CHECK(diagnostics[2].excerpt == "id: é y");
    CHECK(diagnostics[2].caret == 5);
}
