// SPDX-License-Identifier: Apache-2.0
#include "config/desired_parser.hpp"

#include "config/desired_key_reader.hpp"
#include "config/secret_words.hpp"
#include "config/suggest.hpp"
#include "config/text_check.hpp"
#include "config/utf8.hpp"
#include "config/yaml_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace apikeyd {

namespace {

enum TopField : std::size_t { version, keys };
constexpr std::array<std::string_view, 2> top_field_names{"version", "keys"};

constexpr std::string_view version_hint = "write 'version: 1'";
constexpr std::string_view keys_hint = "write '- id: ...' for each key, or 'keys: []' for none";

// Whether it reads "keys:", or "keys" in quotes and a colon.
bool begins_with_top_field(std::string_view line) {
    return std::ranges::any_of(top_field_names, [line](std::string_view name) {
        const std::string_view rest = line.starts_with(name) ? line.substr(name.size()) : std::string_view{};
        const std::size_t colon = rest.find_first_not_of(" \"'");
        return colon != std::string_view::npos && rest[colon] == ':';
    });
}

// Whether a line begins with a field of the top; by the text alone, for what can't be read as YAML.
bool has_top_field(std::string_view text) {
    const std::size_t start = text.find_first_not_of(" \t\r\n");
    const bool braces = start != std::string_view::npos && text[start] == '{';
    const std::string_view before_name = braces ? " \t{,\"'" : "\"'";
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find_first_of("\r\n", at), text.size());
        std::string_view line = text.substr(at, end - at);
        line.remove_prefix(std::min(line.find_first_not_of(before_name), line.size()));
        if (begins_with_top_field(line)) {
            return true;
        }
        at = end + 1;
    }
    return false;
}

// The grammar of the desired file: a mapping with a list of mappings, nothing deeper.
class DesiredHandler : public YamlHandler {
  public:
    // `known`: the text has been recognized as a desired file.
    DesiredHandler(DiagnosticSink& sink, DesiredKeyReader& key, bool known)
        : sink_(sink)
        , key_(key)
        , known_(known) {}

    // Whether it is a desired file, if maybe a wrong one, and nothing else (a token, say).
    bool known() const noexcept { return known_ && !top_refused_; }

    bool on_map(const YamlMark& mark) override {
        any_content_ = true;
        switch (level_) {
        case Level::document:
            level_ = Level::top;
            start_ = mark;
            return true;
        case Level::list:
            level_ = Level::key;
            key_.begin(mark);
            return true;
        default:
            refuse_value(mark, "a mapping");
            return false;
        }
    }

    bool on_list(const YamlMark& mark) override {
        any_content_ = true;
        if (level_ == Level::top && field_ == keys) {
            level_ = Level::list;
            return true;
        }
        refuse_value(mark, "a list");
        return false;
    }

    void on_end() override {
        switch (level_) {
        case Level::key:
            key_.end();
            level_ = Level::list;
            break;
        case Level::list:
            level_ = Level::top;
            break;
        default:
            level_ = Level::document;
        }
    }

    bool on_field(const YamlScalar& found) override {
        const std::span<const std::string_view> known = fields_here();
        const auto field = std::ranges::find(known, found.text);
        if (field == known.end()) {
            unknown_field(found, known);
            return false;
        }
        known_ = true; // only at the top can something else have come before
        return begin_field(static_cast<std::size_t>(field - known.begin()), found);
    }

    void on_scalar(const YamlScalar& value) override {
        if (level_ == Level::document || level_ == Level::list) {
            refuse_scalar(value);
            return;
        }
        any_content_ = true;
        if (level_ == Level::key) {
            key_.take(field_, value);
        } else if (field_ == version) {
            take_version(value);
        } else {
            refuse_keys(value);
        }
    }

    void on_refused(const YamlMark& /*mark*/) override {
        any_content_ = true;
        key_.spoil();
    }

    // After the last event of a text that was read to its end.
    void finish() {
        if (!any_content_) {
            sink_.file_error("the file has no content",
                             "write 'version: 1' and 'keys: []' if no key is managed");
        } else if (!top_refused_) {
            missing_unless_seen(version, version_hint);
            missing_unless_seen(keys, keys_hint);
        }
    }

  private:
    enum class Level { document, top, list, key };

    void error(const YamlMark& mark, std::string message, std::string_view hint) {
        key_.spoil();
        sink_.error(mark.offset, std::move(message), std::string(hint));
    }

    void missing_unless_seen(TopField field, std::string_view hint) {
        if (top_lines_[field] == 0) {
            error(start_, fmt::format("'{}' is missing", top_field_names[field]), hint);
        }
    }

    std::span<const std::string_view> fields_here() const {
        return level_ == Level::key ? std::span<const std::string_view>(key_field_names) : top_field_names;
    }

    bool begin_field(std::size_t field, const YamlScalar& found) {
        std::uint32_t& line = level_ == Level::key ? key_.line_of(field) : top_lines_.at(field);
        if (line != 0) {
            error(found.mark, fmt::format("'{}' is given twice, first in line {}", found.text, line),
                  "remove one of the two");
            return false;
        }
        line = found.mark.line;
        field_ = field;
        return true;
    }

    void unknown_field(const YamlScalar& found, std::span<const std::string_view> known) {
        std::string hint = level_ == Level::key ? hint_for_unknown_key_field(found.text) : std::string{};
        if (hint.empty()) {
            const std::string_view near = nearest_word(found.text, known);
            hint = near.empty() ? fmt::format("known here: {}", fmt::join(known, ", "))
                                : fmt::format("did you mean {}?", near);
        }
        // An answer of the API pasted into the file brings the secrets of its keys along.
        if (names_secret(found.text)) {
            sink_.conceal_from(found.mark.offset);
        }
        // Of a file that isn't ours nothing is shown that may be a token.
        error(found.mark,
              known_ ? fmt::format("unknown field {}", quote_text(found.text))
                     : unknown_field_message(found.text),
              hint);
    }

    void refuse_value(const YamlMark& mark, std::string_view kind) {
        if (level_ == Level::document) {
            top_refused_ = true;
            error(mark, fmt::format("the file is {}, not a mapping", kind),
                  "begin with 'version: 1', then 'keys:'");
        } else if (level_ == Level::list) {
            error(mark, fmt::format("{} stands where a key should", kind), "write '- id: ...' for each key");
        } else if (level_ == Level::top && field_ == keys) {
            error(mark, fmt::format("'keys' must be a list, not {}", kind), keys_hint);
        } else {
            error(mark, fmt::format("'{}' must be a single value, not {}", fields_here()[field_], kind),
                  level_ == Level::key ? DesiredKeyReader::hint_for(field_) : version_hint);
        }
    }

    void refuse_scalar(const YamlScalar& value) {
        if (level_ == Level::list) {
            error(value.mark,
                  value.style == YamlStyle::null
                      ? "an empty item stands where a key should"
                      : fmt::format("{} stands where a key should", quote_text(value.text)),
                  KeyId::parse(value.text) ? fmt::format("write '- id: {}'", value.text)
                                           : std::string("write '- id: ...' for each key"));
        } else if (value.style != YamlStyle::null) {
            any_content_ = true;
            refuse_value(value.mark, "a single value");
        }
    }

    void take_version(const YamlScalar& value) {
        if (value.style == YamlStyle::null) {
            error(value.mark, "'version' has no value", version_hint);
        } else if (value.style == YamlStyle::quoted && value.text == "1") {
            error(value.mark, "the version is a number, not a text", "write 'version: 1', without quotes");
        } else if (value.text != "1") {
            error(value.mark, fmt::format("version {} is not known, only version 1", quote_text(value.text)),
                  version_hint);
        }
    }

    void refuse_keys(const YamlScalar& value) {
        if (value.style == YamlStyle::null) {
            error(value.mark, "'keys' has no value", keys_hint);
        } else {
            refuse_value(value.mark, "a single value");
        }
    }

    DiagnosticSink& sink_;
    DesiredKeyReader& key_;
    Level level_ = Level::document;
    std::size_t field_ = 0; // of fields_here()
    YamlMark start_;
    std::array<std::uint32_t, top_field_names.size()> top_lines_{}; // of the fields seen; 0: not seen
    bool known_;
    bool top_refused_ = false;
    bool any_content_ = false;
};

} // namespace

void parse_desired_file(std::vector<DiagnosticSink>& sinks, KeyPlaces& places, DesiredState::Builder& builder,
                        WallTime now) {
    DiagnosticSink& sink = sinks.back();
    bool known = has_top_field(sink.text());
    const TextCheck check = check_text(sink);
    if (check.readable) {
        if (check.mended) {
            sink.lend(*check.mended);
        }
        DesiredKeyReader key(sinks, places, builder, now);
        DesiredHandler handler(sink, key, known);
        if (read_yaml(sink, handler)) {
            handler.finish();
        }
        known = handler.known();
    }
    if (!known) { // a token file named in place of a desired file, say
        sink.conceal_everything();
    }
    sink.release();
}

} // namespace apikeyd
