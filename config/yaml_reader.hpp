// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/diagnostic_sink.hpp"

#include <cstdint>
#include <string_view>

namespace apikeyd {

// Where something stands in a text of at most 2 GiB.
struct YamlMark {
    std::uint32_t offset = 0; // bytes from the start
    std::uint32_t line = 1;   // 1-based
    std::uint32_t indent = 0; // bytes from the start of the line
};

enum class YamlStyle {
    plain,  // as it stands, and not one of the words for null
    quoted, // in quotes, or a block introduced by | or >
    null    // nothing at all, ~ or null
};

// A single value. Borrowed: valid during the call that hands it over.
struct YamlScalar {
    std::string_view text; // exactly as written, quotes and escapes resolved; empty for null
    YamlStyle style = YamlStyle::plain;
    YamlMark mark;
};

// What a file format makes of its content: the reader calls these in the order of the file and keeps nothing.
class YamlHandler {
  public:
    virtual ~YamlHandler() = default;

    // A mapping or list begins. False: its content is passed over, up to and including its end.
    virtual bool on_map(const YamlMark& mark) = 0;
    virtual bool on_list(const YamlMark& mark) = 0;

    // The innermost mapping or list that was entered ends.
    virtual void on_end() = 0;

    // The next value belongs to this field of the innermost mapping. False: that value is passed over.
    virtual bool on_field(const YamlScalar& name) = 0;

    virtual void on_scalar(const YamlScalar& value) = 0;

    // In place of a value that the reader itself has reported.
    virtual void on_refused(const YamlMark& mark) = 0;
};

// Runs the handler over the one document in the sink's text. What no file of ours may contain is reported
// here: aliases, anchors, tags, merge keys, directives, fields without a plain name, a second document, text
// that is no YAML. False if the text could not be read to its end, so that what is missing may yet have come.
// A text without any content calls nothing. Memory: independent of the length of block-style text; flow style
// (JSON) costs yaml-cpp some 25 bytes for each of the text.
bool read_yaml(DiagnosticSink& sink, YamlHandler& handler);

} // namespace apikeyd
