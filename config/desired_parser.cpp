// SPDX-License-Identifier: Apache-2.0
#include "config/desired_parser.hpp"

#include "config/column_counter.hpp"
#include "config/key_name.hpp"
#include "config/secret_words.hpp"
#include "config/suggest.hpp"
#include "config/text_check.hpp"
#include "config/utf8.hpp"
#include "config/yaml_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace apikeyd {

namespace {

enum Field : std::size_t { version, keys, id, name, enabled, none };
constexpr std::array<std::string_view, none> field_names{"version", "keys", "id", "name", "enabled"};

constexpr std::string_view version_hint = "write 'version: 1'";
constexpr std::string_view keys_hint = "write '- id: ...' for each key, or 'keys: []' for none";
constexpr std::string_view id_hint = "an id is 24 hex digits, as in 5e5677d71bdc2ae76344968c";
constexpr std::string_view enabled_hint = "write true or false";

// The grammar of the desired file: a mapping with a list of mappings, nothing deeper.
class DesiredHandler : public YamlHandler {
  public:
    DesiredHandler(std::vector<DiagnosticSink>& sinks, KeyPlaces& places, DesiredState::Builder& builder)
        : sinks_(sinks)
        , sink_(sinks.back())
        , file_(static_cast<std::uint32_t>(sinks.size() - 1))
        , places_(places)
        , builder_(builder)
        , columns_(sink_.text()) {}

    bool on_map(const YamlMark& mark) override {
        any_content_ = true;
        switch (level_) {
        case Level::document:
            level_ = Level::top;
            start_ = mark;
            return true;
        case Level::list:
            level_ = Level::key;
            key_ = {};
            key_.mark = mark;
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
            finish_key();
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
        const bool in_key = level_ == Level::key;
        const std::size_t first = in_key ? id : version;
        const std::size_t last = in_key ? enabled : keys;
        for (std::size_t field = first; field <= last; ++field) {
            if (found.text == field_names[field]) {
                return begin_field(static_cast<Field>(field), found);
            }
        }
        unknown_field(found, std::span(field_names).subspan(first, last - first + 1));
        return false;
    }

    void on_scalar(const YamlScalar& value) override {
        if (level_ == Level::document || level_ == Level::list) {
            refuse_scalar(value);
            return;
        }
        any_content_ = true;
        switch (field_) {
        case version:
            return take_version(value);
        case keys:
            return refuse_keys(value);
        case id:
            return take_id(value);
        case name:
            return take_name(value);
        default:
            return take_enabled(value);
        }
    }

    void on_refused(const YamlMark& /*mark*/) override {
        any_content_ = true;
        key_.broken = true;
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

    struct Key {
        YamlMark mark;
        std::optional<KeyId> id;
        std::optional<bool> enabled;
        bool named = false;
        bool broken = false;                     // something of it has been reported
        std::array<std::uint32_t, none> lines{}; // of the fields seen; 0: not seen
    };

    void error(const YamlMark& mark, std::string message, std::string_view hint) {
        key_.broken = true;
        sink_.error(mark.offset, std::move(message), std::string(hint));
    }

    void missing_unless_seen(Field field, std::string_view hint) {
        if (top_lines_[field] == 0) {
            error(start_, fmt::format("'{}' is missing", field_names[field]), hint);
        }
    }

    bool begin_field(Field field, const YamlScalar& found) {
        std::uint32_t& line = (level_ == Level::key ? key_.lines : top_lines_)[field];
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
        std::string hint = fmt::format("known here: {}", fmt::join(known, ", "));
        if (level_ == Level::key && found.text == "disabled") {
            hint = "write 'enabled: false' to disable the key";
        } else if (const std::string_view near = nearest_word(found.text, known); !near.empty()) {
            hint = fmt::format("did you mean {}?", near);
        }
        // An answer of the API pasted into the file brings the secrets of its keys along.
        if (names_secret(found.text)) {
            sink_.conceal_from(found.mark.offset);
        }
        error(found.mark, fmt::format("unknown field {}", quote_text(found.text)), hint);
    }

    void refuse_value(const YamlMark& mark, std::string_view kind) {
        if (level_ == Level::document) {
            top_refused_ = true;
            error(mark, fmt::format("the file is {}, not a mapping", kind),
                  "begin with 'version: 1', then 'keys:'");
        } else if (level_ == Level::list) {
            error(mark, fmt::format("{} stands where a key should", kind), "write '- id: ...' for each key");
        } else if (field_ == keys) {
            error(mark, fmt::format("'keys' must be a list, not {}", kind), keys_hint);
        } else {
            error(mark, fmt::format("'{}' must be a single value, not {}", field_names[field_], kind),
                  hint_for(field_));
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

    static std::string_view hint_for(Field field) {
        switch (field) {
        case version:
            return version_hint;
        case keys:
            return keys_hint;
        case id:
            return id_hint;
        case name:
            return "a name is one line of text";
        default:
            return enabled_hint;
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

    void take_id(const YamlScalar& value) {
        if (value.style == YamlStyle::null) {
            return error(value.mark, "'id' has no value", id_hint);
        }
        key_.id = KeyId::parse(value.text);
        if (!key_.id) {
            return error(value.mark, fmt::format("{} is not an id", quote_text(value.text)), id_hint);
        }
        const KeyPlace here{*key_.id, file_, value.mark.line, columns_.column(value.mark), false};
        if (KeyPlace* first = places_.find_or_add(here)) {
            report_repeated(value, here, *first);
        }
    }

    // At both places: whoever looks at one of the files shall learn of it.
    void report_repeated(const YamlScalar& value, const KeyPlace& here, KeyPlace& first) {
        DiagnosticSink& elsewhere = sinks_[first.file];
        error(value.mark,
              fmt::format("id {} is also at {}:{}:{}", first.id.to_string(), elsewhere.name(), first.line,
                          first.column),
              "each key stands once in all files");
        if (!std::exchange(first.repeated, true)) {
            elsewhere.error_at(first.line, first.column,
                               fmt::format("id {} is also at {}:{}:{}", first.id.to_string(), sink_.name(),
                                           here.line, here.column),
                               "each key stands once in all files");
        }
    }

    void take_name(const YamlScalar& value) {
        if (value.style == YamlStyle::null) {
            return error(value.mark, "'name' has no value",
                         "leave the field out to not manage the name; quote it to use the word");
        }
        if (value.text.empty()) {
            return error(value.mark, "the name is empty", "leave the field out to not manage the name");
        }
        const NameCheck check = check_key_name(value.text);
        if (check.forbidden) {
            return error(value.mark,
                         fmt::format("the name has a control character, U+{:04X}",
                                     static_cast<std::uint32_t>(*check.forbidden)),
                         "a name is one line of text");
        }
        if (check.deceptive) {
            sink_.warning(value.mark.offset,
                          fmt::format("the name has an invisible character, U+{:04X}",
                                      static_cast<std::uint32_t>(*check.deceptive)),
                          "it may read as another name than it is");
        }
        key_.named = true;
        name_.assign(value.text);
    }

    void take_enabled(const YamlScalar& value) {
        if (value.style == YamlStyle::null) {
            error(value.mark, "'enabled' has no value", "write true or false, or leave the field out");
        } else if (value.style == YamlStyle::quoted) {
            error(value.mark, fmt::format("{} in quotes is a text, not a boolean", quote_text(value.text)),
                  "write true or false, without quotes");
        } else if (value.text == "true" || value.text == "false") {
            key_.enabled = value.text == "true";
        } else {
            error(value.mark, fmt::format("{} is not a boolean", quote_text(value.text)), enabled_hint);
        }
    }

    void finish_key() {
        if (key_.lines[id] == 0) {
            error(key_.mark, "this key has no id", id_hint);
        }
        if (key_.broken) {
            return;
        }
        if (!key_.named && !key_.enabled) {
            sink_.warning(key_.mark.offset, "nothing of this key is managed: it has neither name nor enabled",
                          "add the field that shall be managed, or remove the key");
        }
        builder_.add(*key_.id, key_.named ? std::optional<std::string_view>(name_) : std::nullopt,
                     key_.enabled, file_, key_.mark.line);
    }

    std::vector<DiagnosticSink>& sinks_;
    DiagnosticSink& sink_;
    std::uint32_t file_;
    KeyPlaces& places_;
    DesiredState::Builder& builder_;
    ColumnCounter columns_;
    Level level_ = Level::document;
    Field field_ = none;
    YamlMark start_;
    std::array<std::uint32_t, none> top_lines_{}; // of the fields seen; 0: not seen
    bool top_refused_ = false;
    bool any_content_ = false;
    Key key_;
    std::string name_; // of key_; one buffer for all of them
};

} // namespace

void parse_desired_file(std::vector<DiagnosticSink>& sinks, KeyPlaces& places,
                        DesiredState::Builder& builder) {
    DiagnosticSink& sink = sinks.back();
    const TextCheck check = check_text(sink);
    if (check.readable) {
        if (check.mended) {
            sink.lend(*check.mended);
        }
        DesiredHandler handler(sinks, places, builder);
        if (read_yaml(sink, handler)) {
            handler.finish();
        }
    }
    sink.release();
}

} // namespace apikeyd
