// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/utf8.hpp"
#include "config/yaml_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace apikeyd {

// Columns in code points of places that come in the order of the text. On one line each count goes on where
// the last one ended: a list on a single line, as JSON often is, stays linear.
class ColumnCounter {
  public:
    explicit ColumnCounter(std::string_view text)
        : text_(text) {}

    // 1-based.
    std::uint32_t column(const YamlMark& mark) {
        if (mark.line != line_ || mark.offset < offset_) {
            line_ = mark.line;
            offset_ = mark.offset - std::min(mark.indent, mark.offset);
            column_ = 1;
        }
        column_ +=
            static_cast<std::uint32_t>(count_code_points(text_.substr(offset_, mark.offset - offset_)));
        offset_ = mark.offset;
        return column_;
    }

  private:
    std::string_view text_;
    std::uint32_t line_ = 0;
    std::uint32_t offset_ = 0;
    std::uint32_t column_ = 1;
};

} // namespace apikeyd
