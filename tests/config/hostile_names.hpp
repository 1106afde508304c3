// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <random>
#include <string>
#include <vector>

namespace apikeyd::test {

// Names that a desired file can hold and that a YAML reader or writer may trip over.
inline std::vector<std::string> hostile_names() {
    return {"a",        "true",       "No",         "~",
            "null",     "1",          "-1.5e3",     "0x1F",
            "1:30",     "2026-01-02", "=",          "<<",
            "- a",      "-",          "---",        "...",
            "--- a",    "? a",        ": a",        ":",
            "a: b",     "a:",         "a #b",       "#a",
            "&a",       "*a",         "!a",         "!!str a",
            "|",        "|-",         ">",          "%YAML 1.2",
            "@a",       "`a`",        ",",          "[]",
            "{}",       "[a, b]",     "{a: b}",     "' '",
            " a",       "a ",         "  ",         "'",
            "''",       "\"",         "\"\"",       "it's",
            "a\"b",     "\\",         "\\n",        "a\\",
            "\\u0041",  "a\u202Eb",   "a\u200Bb",   "\uFEFFa",
            "a\u00A0",  "\u3000",     "a\u00ADb",   "e\u0301",
            "日本語",   "😀",          "👩\u200D💻",   "a\U000E0041",
            "\uFFFD",   "\uFFFF",     "\U0010FFFF", "id: 5e5677d71bdc2ae76344968c",
            "keys: []", "name: x",    "a  b",       "{{x}}",
            "${x}",     "$(x)",       "a;b",        "../../x",
            "<script>", "a|b",        "a&b",        "a*b",
            "-a",       "?a"};
}

// Pieces that mean something to YAML, and some that don't.
inline std::string random_name(std::mt19937& random) {
    static const std::vector<std::string> pieces{
        " ", ":",      "#",      "-",      "?",      ",",      "[", "]",          "{",  "}",    "&",    "*",
        "!", "|",      ">",      "'",      "\"",     "%",      "@", "`",          "\\", "~",    "=",    "<",
        ".", "/",      "0",      "1",      "9",      "e",      "x", "a",          "Z",  "null", "true", "yes",
        "é", "\u202E", "\u00A0", "\u200D", "\uFEFF", "\uFFFF", "😀", "\U000E0041", "\n", "\t",   "\xC3"};
    std::string name;
    for (auto left = 1 + random() % 8; left > 0; --left) {
        // The last ones make a name that can't be written; now and then is enough.
        const auto count = random() % 16 == 0 ? pieces.size() : pieces.size() - 3;
        name += pieces[random() % count];
    }
    return name;
}

} // namespace apikeyd::test
