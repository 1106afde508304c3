// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/log_field.hpp"

#include "config/overloaded.hpp"
#include "config/utf8.hpp"
#include "daemon/runtime/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace apikeyd {

namespace {

bool is_plain(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               std::strchr("-_.:/+@[]%,", c) != nullptr;
    });
}

// People compare the first digits of a digest; the forms for programs have all of them.
constexpr std::string_view digest_prefix = "sha256:";
constexpr std::size_t digest_size = digest_prefix.size() + 64;

// As it is where it can't be misread, else in quotes.
std::string text_value(const std::string& value) {
    if (is_plain(value)) {
        const bool digest = value.size() == digest_size && value.starts_with(digest_prefix);
        return digest ? std::string(digest_prefix) + short_digest(value) : value;
    }
    std::string quoted = "\"";
    std::string escaped;
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            escaped.push_back('\\');
        }
        escaped.push_back(c);
    }
    quoted += visible_text(escaped);
    quoted.push_back('"');
    return quoted;
}

// Nested fields get dotted names; that is the only nesting there is.
void append_text(std::string& line, const std::string& prefix, const LogFields& fields) {
    for (const LogField& field : fields) {
        const std::string name = prefix + std::string(field.name);
        if (const auto* nested = std::get_if<LogFields>(&field.value)) {
            append_text(line, name + ".", *nested);
            continue;
        }
        line += ' ' + name + '=';
        line += std::visit(Overloaded{
                               [](const std::string& value) { return text_value(value); },
                               [](std::int64_t value) { return std::to_string(value); },
                               [](bool value) { return std::string(value ? "true" : "false"); },
                               [](const std::vector<std::string>& values) {
                                   return text_value(fmt::format("{}", fmt::join(values, ",")));
                               },
                               [](const LogFields&) { return std::string(); },
                           },
                           field.value);
    }
}

} // namespace

LogField::LogField(std::string_view name_in, LogValue value_in)
    : name(name_in)
    , value(std::move(value_in)) {}
LogField::LogField(const LogField&) = default;
LogField::LogField(LogField&&) noexcept = default;
LogField& LogField::operator=(const LogField&) = default;
LogField& LogField::operator=(LogField&&) noexcept = default;
LogField::~LogField() = default;

std::string render_message(std::string_view event, const LogFields& fields) {
    std::string line(event);
    append_text(line, "", fields);
    return line;
}

} // namespace apikeyd
