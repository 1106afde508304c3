// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_syntax.hpp"

#include <yaml-cpp/exceptions.h>

#include <algorithm>
#include <array>

namespace apikeyd {

namespace {

struct Entry {
    std::string_view yaml_cpp; // beginning of its message
    SyntaxExplanation ours;
};

constexpr std::string_view check_indentation = "check the indentation of this line and of those above it";
constexpr std::string_view quote_it = "put the value into quotes";

const std::array entries{
    Entry{YAML::ErrorMsg::EOF_IN_SCALAR, {"a quoted text never ends", "close the quote"}},
    Entry{YAML::ErrorMsg::END_OF_MAP_FLOW, {"'{' is never closed, or a comma is missing", "add '}' or ','"}},
    Entry{YAML::ErrorMsg::END_OF_SEQ_FLOW, {"'[' is never closed, or a comma is missing", "add ']' or ','"}},
    Entry{YAML::ErrorMsg::END_OF_MAP, {"expected 'field: value' here", check_indentation}},
    Entry{YAML::ErrorMsg::END_OF_SEQ,
          {"expected another '- ' or the end of the list here", check_indentation}},
    Entry{YAML::ErrorMsg::MAP_VALUE,
          {"a ':' that belongs to no field",
           "check the indentation, or put a value that contains ': ' into quotes"}},
    Entry{YAML::ErrorMsg::MAP_KEY, {"a field can't begin here", check_indentation}},
    Entry{YAML::ErrorMsg::BLOCK_ENTRY,
          {"a '- ' that belongs to no list", "begin the list on a line of its own"}},
    Entry{YAML::ErrorMsg::TAB_IN_INDENTATION, {"a tab in the indentation", "indent with spaces"}},
    Entry{YAML::ErrorMsg::FLOW_END, {"a closing bracket that nothing opened", quote_it}},
    Entry{YAML::ErrorMsg::UNKNOWN_TOKEN, {"a value can't begin with this character", quote_it}},
    Entry{YAML::ErrorMsg::INVALID_ESCAPE,
          {"an unknown escape after '\\'", "use single quotes, or write '\\\\'"}},
    Entry{YAML::ErrorMsg::INVALID_HEX,
          {"not a hexadecimal digit in an escape", "use \\xNN, \\uNNNN or \\UNNNNNNNN"}},
    Entry{YAML::ErrorMsg::INVALID_UNICODE,
          {"an escape that is no character", "write the character itself, or \\U and eight digits"}},
    Entry{YAML::ErrorMsg::DOC_IN_SCALAR,
          {"'---' or '...' within a quoted text", "close the quote before it"}},
    Entry{YAML::ErrorMsg::UNKNOWN_ANCHOR,
          {"aliases are not allowed", "write the value out; quote a text that begins with '*'"}},
    Entry{YAML::ErrorMsg::ALIAS_CONTENT, {"aliases are not allowed", "write the value out"}},
    Entry{YAML::ErrorMsg::ALIAS_NOT_FOUND, {"aliases are not allowed", "quote a text that begins with '*'"}},
    Entry{YAML::ErrorMsg::CHAR_IN_ALIAS, {"aliases are not allowed", "quote a text that begins with '*'"}},
    Entry{YAML::ErrorMsg::MULTIPLE_ALIASES, {"aliases are not allowed", "write the value out"}},
    Entry{YAML::ErrorMsg::ANCHOR_NOT_FOUND, {"anchors are not allowed", "quote a text that begins with '&'"}},
    Entry{YAML::ErrorMsg::CHAR_IN_ANCHOR, {"anchors are not allowed", "quote a text that begins with '&'"}},
    Entry{YAML::ErrorMsg::MULTIPLE_ANCHORS, {"anchors are not allowed", "write the value out"}},
    Entry{YAML::ErrorMsg::MULTIPLE_TAGS, {"tags are not allowed", "quote a text that begins with '!'"}},
    Entry{YAML::ErrorMsg::CHAR_IN_TAG_HANDLE, {"tags are not allowed", "quote a text that begins with '!'"}},
    Entry{YAML::ErrorMsg::TAG_WITH_NO_SUFFIX, {"tags are not allowed", "quote a text that begins with '!'"}},
    Entry{YAML::ErrorMsg::END_OF_VERBATIM_TAG, {"tags are not allowed", "quote a text that begins with '!'"}},
    Entry{YAML::ErrorMsg::ZERO_INDENT_IN_BLOCK,
          {"a block text can't have an indentation of 0", "leave the digit out"}},
    Entry{YAML::ErrorMsg::CHAR_IN_BLOCK,
          {"nothing may follow '|' or '>' on their line", "begin the text on the next line"}},
    // What the guard against deep recursion says.
    Entry{YAML::ErrorMsg::BAD_FILE, {"nested far too deeply", "check the brackets and dashes"}},
};

bool blank(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

} // namespace

SyntaxExplanation explain_syntax_error(std::string_view yaml_cpp_message) noexcept {
    // The flow messages begin as the block ones do; they stand before them in the table.
    const auto found = std::ranges::find_if(
        entries, [&](const Entry& entry) { return yaml_cpp_message.starts_with(entry.yaml_cpp); });
    return found != entries.end() ? found->ours
                                  : SyntaxExplanation{"this is not valid YAML", check_indentation};
}

std::optional<std::size_t> end_of_quoted(std::string_view text, std::size_t offset) noexcept {
    const char quote = text[offset];
    for (std::size_t i = offset + 1; i < text.size(); ++i) {
        if (quote == '"' && text[i] == '\\') {
            ++i;
        } else if (text[i] == quote) {
            if (quote == '"' || i + 1 == text.size() || text[i + 1] != '\'') {
                return i + 1;
            }
            ++i; // '' stands for one quote
        }
    }
    return std::nullopt;
}

std::optional<std::size_t> find_unterminated_quote(std::string_view text, std::size_t from) noexcept {
    static constexpr std::string_view indicators = "[{,:-?";
    bool value_may_begin = true;
    for (std::size_t i = from; i < text.size(); ++i) {
        const char c = text[i];
        if (value_may_begin && (c == '"' || c == '\'')) {
            const auto end = end_of_quoted(text, i);
            if (!end) {
                return i;
            }
            i = *end - 1;
            value_may_begin = false;
        } else if (c == '#' && (i == 0 || blank(text[i - 1]))) {
            i = std::min(text.find('\n', i), text.size());
            value_may_begin = true;
        } else {
            // Within words a quote is an apostrophe.
            value_may_begin = blank(c) ? value_may_begin || c == '\n' : indicators.find(c) != indicators.npos;
        }
    }
    return std::nullopt;
}

std::optional<std::size_t> find_directive(std::string_view text) noexcept {
    if (text.starts_with('%')) {
        return 0;
    }
    const std::size_t found = text.find("\n%");
    return found == std::string_view::npos ? std::nullopt : std::optional(found + 1);
}

} // namespace apikeyd
