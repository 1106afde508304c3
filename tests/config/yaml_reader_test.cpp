// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_reader.hpp"

#include "tests/config/lines.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <set>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

// Writes down what it is called with.
class Recorder : public YamlHandler {
  public:
    std::string text;
    std::set<std::string, std::less<>> passed_over;

    bool on_map(const YamlMark& mark) override {
        text += fmt::format("{{{} ", at(mark));
        return true;
    }
    bool on_list(const YamlMark& mark) override {
        text += fmt::format("[{} ", at(mark));
        return true;
    }
    void on_end() override { text += ") "; }
    bool on_field(const YamlScalar& name) override {
        text += fmt::format("{}{}: ", name.text, at(name.mark));
        return passed_over.count(name.text) == 0;
    }
    void on_scalar(const YamlScalar& value) override {
        const char* style = value.style == YamlStyle::plain    ? ""
                            : value.style == YamlStyle::quoted ? "'"
                                                               : "null";
        text += fmt::format("{}{}{}{} ", style, value.text, style[0] == '\'' ? "'" : "", at(value.mark));
    }
    void on_refused(const YamlMark& mark) override { text += "refused" + at(mark) + " "; }

  private:
    static std::string at(const YamlMark& mark) { return fmt::format("@{}:{}", mark.line, mark.indent); }
};

struct Read {
    std::string calls;
    Lines lines;
    bool complete = false;
};

Read read(std::string_view text, std::set<std::string, std::less<>> passed_over = {}) {
    DiagnosticSink sink("f", text);
    Recorder recorder;
    recorder.passed_over = std::move(passed_over);
    const bool complete = read_yaml(sink, recorder);
    return {recorder.text, lines(sink.take()), complete};
}

} // namespace

TEST_CASE("yaml reader: events come in the order of the file, with their places") {
    const Read result = read("a: 1\nb:\n  - 'x y'\n  - c: ~\n    d: |\n      t\n");
    CHECK(result.complete);
    CHECK(result.lines.empty());
    CHECK(result.calls == "{@1:0 a@1:0: 1@1:3 b@2:0: [@3:2 'x y'@3:4 "
                          "{@4:4 c@4:4: null@4:7 d@5:4: 't\n'@5:7 ) ) ) ");
}

TEST_CASE("yaml reader: JSON, line ends of either kind, and one document mark are fine") {
    CHECK(read(R"({"a":1,"b":[true]})").calls == "{@1:0 a@1:1: 1@1:5 b@1:7: [@1:11 true@1:12 ) ) ");
    CHECK(read("---\r\na: 1\r\nb: x\r\n...\r\n").calls == "{@2:0 a@2:0: 1@2:3 b@3:0: x@3:3 ) ");
    CHECK(read("---\na: 1\n...\n# end\n").lines.empty());
}

TEST_CASE("yaml reader: a text without content calls nothing") {
    const Read result = read(GENERATE("", "\n\n", "# only this\n"));
    CHECK(result.calls.empty());
    CHECK(result.lines.empty());
    CHECK(result.complete);
}

TEST_CASE("yaml reader: a value left out is placed at its field or dash") {
    CHECK(read("a:\nb: 1\n").calls == "{@1:0 a@1:0: null@1:0 b@2:0: 1@2:3 ) ");
    CHECK(read("a: # nothing\n").calls == "{@1:0 a@1:0: null@1:0 ) ");
    CHECK(read("-\n- x\n-\n").calls == "[@1:0 null@1:0 x@2:2 null@3:0 ) ");
}

TEST_CASE("yaml reader: what is of no interest is passed over, nesting included") {
    const Read result = read("a: {b: [1, {c: 2}], d: !t 3}\ne: 4\na: 5\nf: 6\n", {"a"});
    CHECK(result.calls == "{@1:0 a@1:0: e@2:0: 4@2:3 a@3:0: f@4:0: 6@4:3 ) ");
    CHECK(result.lines.empty());
}

TEST_CASE("yaml reader: anchors, aliases and tags are reported, and reading goes on") {
    const Read result = read("a: &x 1\nb: *x\nc: !!str 2\nd: ! 3\ne: !<tag:x> {f: 1}\n*x : 1\ng: 7\n");
    CHECK(result.lines == Lines{"f:1:4: anchors are not allowed", "f:2:4: aliases are not allowed",
                                "f:3:4: tags are not allowed", "f:4:4: tags are not allowed",
                                "f:5:4: tags are not allowed", "f:6:1: aliases are not allowed"});
    CHECK(result.calls == "{@1:0 a@1:0: 1@1:3 b@2:0: refused@2:3 c@3:0: refused@3:3 d@4:0: refused@4:3 "
                          "e@5:0: {@5:3 f@5:13: 1@5:16 ) g@7:0: 7@7:3 ) ");
}

TEST_CASE("yaml reader: an alias to its own list is no cycle to us") {
    CHECK(read("a: &a [*a]\n").lines ==
          Lines{"f:1:4: anchors are not allowed", "f:1:8: aliases are not allowed"});
    CHECK(read("a: *nowhere\n").lines == Lines{"f:1:4: aliases are not allowed"});
}

TEST_CASE("yaml reader: names of fields are plain words") {
    const Read result = read("<<: {a: 1}\n: 2\n? [x, y]\n: 3\n{b: 1}: 4\n'<<': 5\nz: 6\n");
    CHECK(result.lines == Lines{"f:1:1: merge keys ('<<') are not allowed", "f:2:1: a field without a name",
                                "f:3:3: the name of a field must be a single word",
                                "f:5:1: the name of a field must be a single word"});
    CHECK(result.calls == "{@1:0 <<@6:0: 5@6:6 z@7:0: 6@7:3 ) ");
}

TEST_CASE("yaml reader: a second document is refused, with or without a mark") {
    CHECK(read("a: 1\n---\nb: 2\n").lines == Lines{"f:2:1: a second document begins here"});
    CHECK(read("a: 1\n---\n").lines == Lines{"f:2:1: a second document begins here"});
    CHECK(read("a: 1\n...\nb: 2\n").lines == Lines{"f:3:1: this belongs to nothing above it"});
    CHECK(read("- a\nb: 2\n").lines == Lines{"f:2:1: this belongs to nothing above it"});
    CHECK(read("[a] b\n").lines == Lines{"f:1:5: this belongs to nothing above it"});
}

TEST_CASE("yaml reader: directives are refused wherever they stand") {
    CHECK(read("%YAML 1.1\n---\na: 1\n").lines ==
          Lines{"f:1:1: directives (lines that begin with '%') are not allowed"});
    CHECK(read("a: 1\n%dropped silently\n").lines ==
          Lines{"f:2:1: directives (lines that begin with '%') are not allowed"});
}

TEST_CASE("yaml reader: a quote that is never closed is reported where it opens") {
    const auto [text, line] = GENERATE(table<std::string, std::string>({
        {"a: 1\nb: \"abc", "f:2:4"},
        {"a: 1\nb: \"abc\n", "f:2:4"},
        {"a: 1\nb: 'it''s\nc: 2\n", "f:2:4"},
        {"\"abc", "f:1:1"},
        {"'", "f:1:1"},
        {"a: rock 'n roll\n\"b: 1\n", "f:2:1"},
        {"[\"x\", 'y', \"z]\n", "f:1:12"},
        {"a: \"\\\"", "f:1:4"},
    }));
    CAPTURE(text);
    const Read result = read(text);
    CHECK_FALSE(result.complete);
    REQUIRE_FALSE(result.lines.empty());
    CHECK(result.lines.back() == line + ": a quoted text never ends");
}

TEST_CASE("yaml reader: apostrophes and closed quotes are no open quotes") {
    const std::string text = GENERATE("a: rock 'n roll\n", "a: |\n  'tis\n", "a: 'x'\n", "a: \"\\\\\"\n",
                                      "a: '''x'''", "# it's\na: b # 'c\n", "a: b'\n");
    CAPTURE(text);
    CHECK(read(text).lines.empty());
    CHECK(read(text).complete);
}

TEST_CASE("yaml reader: errors of syntax are told in our words") {
    const auto [text, line] = GENERATE(table<std::string, std::string>({
        {"a: b: c\n", "f:1:5: a ':' that belongs to no field"},
        {"é: \"é\" c\n", "f:1:8: expected 'field: value' here"},
        {"a: [1, 2\n", "f:2:1: '[' is never closed, or a comma is missing"},
        {"a: {b: 1\n", "f:2:1: '{' is never closed, or a comma is missing"},
        {"a: @b\n", "f:1:4: a value can't begin with this character"},
        {"a: ]\n", "f:1:4: a closing bracket that nothing opened"},
        {"a: b\n\tc: d\n", "f:2:1: a tab in the indentation"},
        {"a: \"\\q\"\n", "f:1:7: an unknown escape after '\\'"},
        {"a: \"\\ud800\"\n", "f:1:11: an escape that is no character"},
        {"a: - b\n", "f:1:4: a '- ' that belongs to no list"},
    }));
    CAPTURE(text);
    const Read result = read(text);
    CHECK_FALSE(result.complete);
    REQUIRE_FALSE(result.lines.empty());
    CHECK(result.lines.back() == line);
}

TEST_CASE("yaml reader: a hundred thousand levels are refused, not followed") {
    std::string text;
    const std::string opening = GENERATE("[", "{a: ", "- ", "? ", "[[a: ");
    for (int i = 0; i < 100'000; ++i) {
        text += opening;
    }
    const Read result = read(text);
    CHECK_FALSE(result.complete);
    REQUIRE_FALSE(result.lines.empty());
    CHECK(result.lines.back().find("nested far too deeply") != std::string::npos);
}
