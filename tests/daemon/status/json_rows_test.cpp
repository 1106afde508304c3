// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/json_rows.hpp"

#include "daemon/runtime/json_text.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;

namespace {

std::string with_rows(int count, JsonLayout layout = JsonLayout::indented) {
    auto inner = ordered_object();
    inner->set("deep", std::string("}"));
    auto head = ordered_object();
    head->set("version", std::string("1"));
    head->set("inner", inner);
    int n = 0;
    return json_with_rows(
        *head, "rows",
        [&]() -> Poco::JSON::Object::Ptr {
            if (n == count) {
                return {};
            }
            auto row = ordered_object();
            row->set("n", n++);
            return row;
        },
        layout);
}

} // namespace

TEST_CASE("json rows: the array stands behind the other members, one element a line") {
    CHECK(with_rows(2) == R"({
  "version": "1",
  "inner": {
    "deep": "}"
  },
  "rows": [
    {"n":0},
    {"n":1}
  ]
}
)");
}

TEST_CASE("json rows: without elements the array is empty") {
    CHECK_THAT(with_rows(0), Catch::Matchers::EndsWith("},\n  \"rows\": []\n}\n"));
}

TEST_CASE("json rows: all on one line, for documents one after the other") {
    CHECK(with_rows(2, JsonLayout::one_line) ==
          "{\"version\":\"1\",\"inner\":{\"deep\":\"}\"},\"rows\":[{\"n\":0},{\"n\":1}]}\n");
    CHECK_THAT(with_rows(0, JsonLayout::one_line), Catch::Matchers::EndsWith(",\"rows\":[]}\n"));
}
