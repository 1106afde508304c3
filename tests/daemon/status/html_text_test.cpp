// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/html_text.hpp"

#include "tests/support/keys.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;

TEST_CASE("html: nothing from outside ends an element or an attribute, or hides") {
    CHECK(html_escaped(R"(<a href="x" id='y'>&amp;)") ==
          "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;");
    CHECK(html_escaped("\u202ename\n\x01\xff") == "\\u202ename\\n\\x01\\xff");
    CHECK(html_isolated("<i>") == "<bdi>&lt;i&gt;</bdi>");
    CHECK(html_code("<i>") == "<code>&lt;i&gt;</code>");
}

TEST_CASE("html: of a name without end the beginning is shown, cut between characters") {
    CHECK(html_name("éé", 2) == "<bdi>éé</bdi>");
    CHECK(html_name("éé<", 2) == R"(<bdi>éé…</bdi> <span class="dim">(3 characters)</span>)");
    CHECK(html_name(std::string(longest_name, '<')) == html_isolated(std::string(longest_name, '<')));
    CHECK(html_name(std::string(10'000, '<')) == html_isolated(std::string(longest_name, '<') + "…") +
                                                     R"( <span class="dim">(10000 characters)</span>)");
}

TEST_CASE("html: the value of a field is what it was, as far as a field can hold that") {
    CHECK(html_value(R"(a\b "c" <d> 'e' &amp;)") == R"(a\b &quot;c&quot; &lt;d&gt; &#39;e&#39; &amp;amp;)");
    CHECK(html_value("\u202e\t\x01\x1b\x7f\u0085é🔑") == "\u202e\t\x01\x1b\x7f\u0085é🔑");
    CHECK(html_value(std::string("a\0b\xff\xe2\"", 6)) == "a\uFFFDb\uFFFD\uFFFD&quot;");
}

TEST_CASE("html: a time for people and for programs") {
    CHECK(html_time(at_second(0), " data-age") ==
          R"(<time datetime="2023-11-14T22:13:20.000Z" data-age>2023-11-14 22:13:20 UTC</time>)");
}
