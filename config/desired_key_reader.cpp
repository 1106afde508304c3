// SPDX-License-Identifier: Apache-2.0
#include "config/desired_key_reader.hpp"

#include "config/key_name.hpp"
#include "config/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace apikeyd {

namespace {

enum Field : std::size_t { id, name, enabled, enabled_from, enabled_until };

constexpr std::string_view id_hint = "an id is 24 hex digits, as in 5e5677d71bdc2ae76344968c";
constexpr std::string_view enabled_hint = "write true or false";
constexpr std::string_view time_hint = "write a date and a time, as in 2026-12-31T00:00:00Z";

// What other tools call the times.
constexpr std::array<std::string_view, 8> words_for_until{
    "until", "expires", "expires_at", "expiry", "valid_until", "valid_to", "not_after", "disabled_from"};
constexpr std::array<std::string_view, 6> words_for_from{"from",       "starts_at",  "starts",
                                                         "valid_from", "not_before", "disabled_until"};

// The date-time that was probably meant by what is none.
std::optional<std::string> mended_time(std::string_view written) {
    constexpr std::size_t date_size = 10;
    constexpr std::size_t minutes_size = 16;
    constexpr std::size_t longest = 40; // to be shown whole
    if (written.size() > longest) {
        return std::nullopt;
    }
    std::string text(written);
    if (text.size() == date_size) {
        text += "T00:00:00Z";
    }
    if (text.size() > date_size && text[date_size] == ' ') {
        text[date_size] = 'T';
    }
    if (text.size() == minutes_size || (text.size() > minutes_size && text[minutes_size] != ':')) {
        text.insert(minutes_size, ":00");
    }
    for (const std::string_view offset : {"", "Z"}) {
        if (parse_rfc3339(text.append(offset))) {
            return text;
        }
    }
    return std::nullopt;
}

} // namespace

std::string hint_for_unknown_key_field(std::string_view name) {
    if (name == "disabled") {
        return "write 'enabled: false' to disable the key";
    }
    if (std::ranges::find(words_for_until, name) != words_for_until.end()) {
        return "did you mean enabled_until?";
    }
    return std::ranges::find(words_for_from, name) != words_for_from.end() ? "did you mean enabled_from?"
                                                                           : "";
}

DesiredKeyReader::DesiredKeyReader(std::vector<DiagnosticSink>& sinks, KeyPlaces& places,
                                   DesiredState::Builder& builder, WallTime now)
    : sinks_(sinks)
    , sink_(sinks.back())
    , file_(static_cast<std::uint32_t>(sinks.size() - 1))
    , places_(places)
    , builder_(builder)
    , now_(now)
    , columns_(sink_.text()) {}

void DesiredKeyReader::begin(const YamlMark& mark) {
    key_ = {};
    key_.mark = mark;
}

std::string_view DesiredKeyReader::hint_for(std::size_t field) {
    switch (field) {
    case id:
        return id_hint;
    case name:
        return "a name is one line of text";
    case enabled:
        return enabled_hint;
    default:
        return time_hint;
    }
}

void DesiredKeyReader::take(std::size_t field, const YamlScalar& value) {
    switch (field) {
    case id:
        return take_id(value);
    case name:
        return take_name(value);
    case enabled:
        return take_enabled(value);
    case enabled_from:
        return take_time(key_field_names[field], value, key_.from);
    default:
        return take_time(key_field_names[field], value, key_.until);
    }
}

void DesiredKeyReader::end() {
    if (key_.lines[id] == 0) {
        error(key_.mark, "this key has no id", id_hint);
    }
    if (key_.from.time && key_.until.time && *key_.from.time >= *key_.until.time) {
        error(key_.until.mark, "'enabled_until' is not after 'enabled_from'",
              "the key would never be enabled; write a later time, or 'enabled: false' in place of both");
    }
    if (key_.broken) {
        return;
    }
    const EnabledTimes times = times_in_force();
    if (!key_.named && !key_.enabled && !times.any()) {
        sink_.warning(key_.mark.offset, "nothing of this key is managed: it has neither name nor enabled",
                      "add the field that shall be managed, or remove the key");
    }
    builder_.add(*key_.id, key_.named ? std::optional<std::string_view>(name_) : std::nullopt, key_.enabled,
                 file_, key_.mark.line, times);
}

void DesiredKeyReader::error(const YamlMark& mark, std::string message, std::string_view hint) {
    spoil();
    sink_.error(mark.offset, std::move(message), std::string(hint));
}

void DesiredKeyReader::take_id(const YamlScalar& value) {
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
void DesiredKeyReader::report_repeated(const YamlScalar& value, const KeyPlace& here, KeyPlace& first) {
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

void DesiredKeyReader::take_name(const YamlScalar& value) {
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
                     hint_for(name));
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

void DesiredKeyReader::take_enabled(const YamlScalar& value) {
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

void DesiredKeyReader::take_time(std::string_view field, const YamlScalar& value, Moment& target) {
    target.mark = value.mark;
    target.time = parse_rfc3339(value.text);
    if (target.time) {
        return;
    }
    if (value.style == YamlStyle::null) {
        return error(value.mark, fmt::format("'{}' has no value", field),
                     fmt::format("{}, or leave the field out", time_hint));
    }
    // Whose midnight or noon would it be? Nothing is guessed, since a key would work for hours too long.
    const auto meant = mended_time(value.text);
    error(value.mark,
          fmt::format("{} is not a {}date and time", quote_text(value.text), meant ? "complete " : ""),
          meant ? fmt::format("write {}{}", *meant,
                              meant->ends_with('Z') ? ", or an offset as in +02:00 in place of Z" : "")
                : std::string(time_hint));
}

// The times, unless 'enabled: false' outranks them: in an emergency one word must do.
EnabledTimes DesiredKeyReader::times_in_force() {
    if (key_.enabled == false) {
        for (const Moment* moment : {&key_.from, &key_.until}) {
            if (moment->time) {
                sink_.warning(moment->mark.offset,
                              "this time has no effect: 'enabled: false' keeps the key disabled",
                              "remove 'enabled' to let the times decide, or remove the time");
            }
        }
        return {};
    }
    if (key_.until.time && *key_.until.time <= now_) {
        sink_.warning(key_.until.mark.offset, "this time has passed: the key is disabled since then",
                      "write 'enabled: false' in its place, or a later time");
    }
    return {key_.from.time, key_.until.time};
}

} // namespace apikeyd
