// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace apikeyd {

enum class JsonType { object, array, string, boolean, other }; // other: a number or null

// Where a value stands: member names joined by '.', an element of an array as "[]", as in "errors[].message".
class JsonPlace {
  public:
    JsonPlace(std::string_view path, std::size_t depth) noexcept
        : path_(path)
        , depth_(depth) {}

    // Safe against member names that contain '.' or "[]": such a one stands less deep than its path says.
    bool is(std::string_view path) const noexcept;

  private:
    std::string_view path_;
    std::size_t depth_; // containers around the value
};

// A value; of a container, only that it begins.
struct JsonValue {
    JsonType type = JsonType::other;
    std::string_view text{}; // of a string, decoded; valid during the call only
    bool flag = false;       // of a boolean
};

class JsonVisitor {
  public:
    virtual ~JsonVisitor() = default;
    virtual void visit(const JsonPlace& place, const JsonValue& value) = 0;
};

// Reads one JSON text from start to end and shows each value to the visitor in order. Returns what is wrong
// with the text, without quoting it: not JSON, nested deeper than any answer of the API, a member given
// twice. What the visitor has seen until then counts for nothing. The copy made for the parser is wiped.
std::optional<std::string_view> read_json(std::string_view text, JsonVisitor& visitor);

} // namespace apikeyd
