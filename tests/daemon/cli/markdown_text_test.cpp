// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/markdown_text.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;

TEST_CASE("markdown: a code span holds whatever text there is") {
    CHECK(code_span("plain") == "`plain`");
    CHECK(code_span("").empty());
    CHECK(code_span("a`b") == "``a`b``");
    CHECK(code_span("a``b`c") == "```a``b`c```");
    CHECK(code_span("`a") == "`` `a ``"); // the fence would grow otherwise
    CHECK(code_span(" a") == "`  a `");   // one space on each side is taken off
    CHECK(code_span("  ") == "`  `");     // but not of spaces alone
    CHECK(code_span("a\nb\u202e") == "`a\\nb\\u202e`");
    CHECK(code_span("a|b\\|c") == "`a|b\\|c`");
    CHECK(code_span("abcdef", 3) == "`abc…`");
}

TEST_CASE("markdown: no pipe of a text ends a table's cell") {
    CHECK(code_span_in_table("a|b") == "`a\\|b`");
    CHECK(code_span_in_table("a\\|b") == "`a\\`<!-- -->`\\|b`");
    CHECK(code_span_in_table("\\\\|") == "`\\\\`<!-- -->`\\|`");
    CHECK(code_span_in_table("a\\") == "`a\\`");
}

TEST_CASE("markdown: a fence is longer than any in the block") {
    CHECK(code_block("a\n") == "```text\na\n```\n");
    CHECK(code_block("```\n````\n") == "`````text\n```\n````\n`````\n");
}

TEST_CASE("markdown: what finds no room is counted") {
    MarkdownTable table{"t", {"a"}, {}};
    for (int i = 0; i < 10; ++i) {
        table.rows.push_back(table_row({std::string(100, 'x')}));
    }
    const std::string text = fold_tables({table}, 2, 1000, "look there.");
    CHECK(text.size() < 1000);
    CHECK(text.find("<summary>and 8 more</summary>") != std::string::npos);
    CHECK(text.find("\nand 5 more that find no room here; look there.\n") != std::string::npos);
    CHECK(fold_tables({}, 2, 1000, "").empty());
}
