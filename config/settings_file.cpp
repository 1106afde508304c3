// SPDX-License-Identifier: Apache-2.0
#include "config/settings_file.hpp"

#include "config/secret_words.hpp"
#include "config/setting_rules.hpp"
#include "config/suggest.hpp"
#include "config/text_check.hpp"
#include "config/utf8.hpp"
#include "config/yaml_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace apikeyd {

namespace {

// "api.timeout" is the field 'timeout' of the section 'api'; "keys" is a field of its own.
std::string_view section_of(std::string_view path) {
    const std::size_t dot = path.find('.');
    return dot == path.npos ? std::string_view{} : path.substr(0, dot);
}

std::string_view field_of(std::string_view path) {
    return path.substr(path.find('.') + 1); // npos + 1 is 0
}

// What may stand in a section, or at the top for none.
std::vector<std::string_view> known_fields(std::string_view section) {
    std::vector<std::string_view> names;
    for (const SettingInfo& info : setting_table()) {
        const std::string_view own = section_of(info.path);
        const std::string_view name = own == section ? field_of(info.path) : own;
        const bool listed = own == section || section.empty();
        if (listed && std::ranges::find(names, name) == names.end()) {
            names.push_back(name);
        }
    }
    return names;
}

// Whatever may be meant by a field that is unknown where it stands.
std::vector<std::string_view> known_words() {
    std::vector<std::string_view> words;
    for (const SettingInfo& info : setting_table()) {
        words.push_back(info.path);
        words.push_back(field_of(info.path));
    }
    return words;
}

// The grammar of the settings file: sections of fields, as the table has them.
class SettingsHandler : public YamlHandler {
  public:
    SettingsHandler(DiagnosticSink& sink, Settings& settings)
        : sink_(sink)
        , settings_(settings) {}

    bool on_map(const YamlMark& mark) override {
        if (level_ == Level::document) {
            level_ = Level::top;
            return true;
        }
        if (level_ == Level::top && rule_ == nullptr) {
            level_ = Level::section;
            return true;
        }
        refuse_kind(mark, "a mapping");
        return false;
    }

    bool on_list(const YamlMark& mark) override {
        refuse_kind(mark, "a list");
        return false;
    }

    void on_end() override {
        level_ = level_ == Level::section ? Level::top : Level::document;
        rule_ = nullptr;
    }

    bool on_field(const YamlScalar& name) override {
        const std::string path =
            level_ == Level::section ? fmt::format("{}.{}", section_, name.text) : std::string(name.text);
        const SettingRule* rule = find_setting(path);
        // A dotted path at the top is no way to write it.
        const bool is_field =
            rule != nullptr && (level_ == Level::section) != section_of(rule->info.path).empty();
        const std::string_view section = level_ == Level::top ? find_section(name.text) : std::string_view{};
        if (!is_field && section.empty()) {
            refuse_field(name);
            return false;
        }
        if (const auto [seen, added] = lines_.emplace(path, name.mark.line); !added) {
            sink_.conceal_from(name.mark.offset);
            error(name.mark.offset,
                  fmt::format("'{}' is given twice, first in line {}", name.text, seen->second),
                  "remove one of the two");
            return false;
        }
        rule_ = is_field ? rule : nullptr;
        if (!is_field) {
            section_ = section;
        }
        return true;
    }

    void on_scalar(const YamlScalar& value) override {
        if (rule_ != nullptr) {
            take(value);
        } else if (value.style != YamlStyle::null) { // an empty section or file leaves all as it is
            refuse_kind(value.mark, "a single value");
        }
    }

    void on_refused(const YamlMark& /*mark*/) override {}

    // How many of the errors are about fields and values; the others are about YAML.
    std::size_t reported() const noexcept { return reported_; }

  private:
    enum class Level { document, top, section };

    void error(std::size_t offset, std::string message, std::string hint) {
        ++reported_;
        sink_.error(offset, std::move(message), std::move(hint));
    }

    static std::string_view find_section(std::string_view name) {
        for (const SettingInfo& info : setting_table()) {
            if (section_of(info.path) == name && !name.empty()) {
                return section_of(info.path);
            }
        }
        return {};
    }

    void refuse_kind(const YamlMark& mark, std::string_view kind) {
        sink_.conceal_from(mark.offset);
        if (level_ == Level::document) {
            error(mark.offset, fmt::format("the file is {}, not a mapping", kind),
                  "begin with a section, as in 'api:'");
        } else if (rule_ != nullptr) {
            error(mark.offset,
                  fmt::format("'{}' must be a single value, not {}", field_of(rule_->info.path), kind),
                  "quote a value that begins with '[' or '{'");
        } else {
            error(mark.offset, fmt::format("'{}' must be a mapping, not {}", section_, kind),
                  fmt::format("known in it: {}", fmt::join(known_fields(section_), ", ")));
        }
    }

    // Whatever its value is, it is not shown: it could be a token.
    void refuse_field(const YamlScalar& name) {
        sink_.conceal_from(name.mark.offset);
        error(name.mark.offset, unknown_field_message(name.text, known_words()), hint_for_unknown(name.text));
    }

    std::string hint_for_unknown(std::string_view name) const {
        const std::string_view section = level_ == Level::section ? section_ : std::string_view{};
        const std::vector<std::string_view> known = known_fields(section);
        if (const std::string_view near = nearest_word(name, known); !near.empty() && !names_secret(name)) {
            return fmt::format("did you mean {}?", near);
        }
        if (names_secret(name)) {
            return "a token never stands in here: put it into a file and name that in api.token_file";
        }
        for (const SettingInfo& info : setting_table()) {
            if (info.path == name || field_of(info.path) == name) {
                return section_of(info.path).empty()
                           ? fmt::format("'{}' stands at the top, outside any section", name)
                           : fmt::format("write it as '{}' in the section '{}'", field_of(info.path),
                                         section_of(info.path));
            }
        }
        return fmt::format("known here: {}", fmt::join(known, ", "));
    }

    void take(const YamlScalar& value) {
        if (value.style == YamlStyle::null) {
            error(value.mark.offset, fmt::format("'{}' has no value", field_of(rule_->info.path)),
                  "leave the field out for the default");
        } else if (rule_->form.kind == SettingKind::boolean && value.style == YamlStyle::quoted) {
            refuse_value(value,
                         fmt::format("{} in quotes is a text, not a boolean", quote_unless_token(value.text)),
                         "write true or false, without quotes");
        } else if (auto wrong = rule_->apply(value.text, settings_)) {
            refuse_value(value, std::move(wrong->message), std::move(wrong->hint));
        }
    }

    void refuse_value(const YamlScalar& value, std::string message, std::string hint) {
        if (rule_->discreet || may_be_token(value.text)) {
            sink_.conceal_from(value.mark.offset);
        }
        error(value.mark.offset, std::move(message), std::move(hint));
    }

    DiagnosticSink& sink_;
    Settings& settings_;
    std::size_t reported_ = 0;
    Level level_ = Level::document;
    std::string_view section_;                                // the last one named
    const SettingRule* rule_ = nullptr;                       // of the field at hand; none: it is a section
    std::map<std::string, std::uint32_t, std::less<>> lines_; // of the fields and sections seen
};

} // namespace

void parse_settings_file(DiagnosticSink& sink, Settings& settings) {
    const TextCheck check = check_text(sink);
    std::size_t about_values = 0;
    if (check.readable) {
        if (check.mended) {
            sink.lend(*check.mended);
        }
        SettingsHandler handler(sink, settings);
        read_yaml(sink, handler);
        about_values = handler.reported();
    }
    if (!check.readable || check.mended || sink.error_count() != about_values) {
        // With a token where no value can be, say: there it is not even certain what belongs to which field.
        sink.conceal_everything();
    }
    sink.release();
}

} // namespace apikeyd
