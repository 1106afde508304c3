// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/log.hpp"

#include "config/overloaded.hpp"
#include "config/utf8.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/json_text.hpp"

#include <Poco/JSON/Array.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <systemd/sd-journal.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>
#include <utility>

namespace apikeyd {

namespace {

std::string_view level_name(LogLevel level) {
    switch (level) {
    case LogLevel::debug:
        return "debug";
    case LogLevel::info:
        return "info";
    case LogLevel::warning:
        return "warning";
    case LogLevel::error:
        return "error";
    }
    return "";
}

int syslog_priority(LogLevel level) {
    switch (level) {
    case LogLevel::debug:
        return LOG_DEBUG;
    case LogLevel::info:
        return LOG_INFO;
    case LogLevel::warning:
        return LOG_WARNING;
    case LogLevel::error:
        return LOG_ERR;
    }
    return LOG_INFO;
}

bool is_plain(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               std::strchr("-_.:/+@[]%,", c) != nullptr;
    });
}

// People compare the first digits of a digest; the forms for programs have all of them.
constexpr std::string_view digest_prefix = "sha256:";
constexpr std::size_t digest_size = digest_prefix.size() + 64;
constexpr std::size_t shown_digest_size = digest_prefix.size() + 12;

// As it is where it can't be misread, else in quotes.
std::string text_value(const std::string& value) {
    if (is_plain(value)) {
        const bool digest = value.size() == digest_size && value.starts_with(digest_prefix);
        return digest ? value.substr(0, shown_digest_size) : value;
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

void append_json(Poco::JSON::Object& object, const LogFields& fields) {
    for (const LogField& field : fields) {
        const std::string name(field.name);
        std::visit(Overloaded{
                       [&](const std::string& value) { object.set(name, value); },
                       [&](std::int64_t value) { object.set(name, value); },
                       [&](bool value) { object.set(name, value); },
                       [&](const std::vector<std::string>& values) {
                           Poco::JSON::Array::Ptr array = new Poco::JSON::Array;
                           for (const std::string& value : values) {
                               array->add(value);
                           }
                           object.set(name, array);
                       },
                       [&](const LogFields& nested) {
                           auto inner = ordered_object();
                           append_json(*inner, nested);
                           object.set(name, inner);
                       },
                   },
                   field.value);
    }
}

// api_key.organization.name -> APIKEYD_API_KEY_ORGANIZATION_NAME (systemd.journal-fields(7) allows A-Z, 0-9,
// _).
void append_journal(std::vector<std::string>& entries, const std::string& prefix, const LogFields& fields) {
    for (const LogField& field : fields) {
        std::string name = prefix + std::string(field.name);
        if (const auto* nested = std::get_if<LogFields>(&field.value)) {
            append_journal(entries, name + "_", *nested);
            continue;
        }
        std::ranges::transform(name, name.begin(), [](char c) {
            return c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        });
        std::string value;
        append_text(value, "", {{"", field.value}});
        if (const auto* text = std::get_if<std::string>(&field.value)) {
            entries.push_back(name + "=" + *text); // the journal keeps any bytes; its readers escape
        } else {
            entries.push_back(name + value.substr(1));
        }
    }
}

std::vector<std::string> journal_entry(LogLevel level, std::string_view name, const LogFields& fields) {
    std::string message(name);
    append_text(message, "", fields);
    std::vector<std::string> entry = {"MESSAGE=" + message,
                                      fmt::format("PRIORITY={}", syslog_priority(level)),
                                      "SYSLOG_IDENTIFIER=apikeyd", fmt::format("APIKEYD_EVENT={}", name)};
    append_journal(entry, "APIKEYD_", fields);
    return entry;
}

Log::Sink standard_error() {
    auto logger =
        std::make_shared<spdlog::logger>("apikeyd", std::make_shared<spdlog::sinks::stderr_sink_st>());
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::trace); // what is left out was left out before
    logger->flush_on(spdlog::level::trace);
    return [logger](LogLevel, const std::string& line) { logger->log(spdlog::level::info, line); };
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

Log::Log(LogFormat format, LogLevel least)
    : Log(format, least, standard_error()) {}

Log::Log(LogFormat format, LogLevel least, Sink sink, Journal journal)
    : format_(format)
    , least_(least)
    , sink_(std::move(sink))
    , journal_(std::move(journal)) {}

void Log::event(LogLevel level, std::string_view name, const LogFields& fields) {
    if (level < least_) {
        return;
    }
    if (format_ == LogFormat::journal && journal_(journal_entry(level, name, fields))) {
        return;
    }
    const WallTime now = current_time().wall;
    sink_(level, format_ == LogFormat::json ? render_json(now, level, name, fields)
                                            : render_text(now, level, name, fields));
}

bool send_to_journal(const std::vector<std::string>& entry) {
    // sd_journal_sendv(3) reports success where this is missing.
    if (access("/run/systemd/journal/socket", F_OK) != 0) {
        return false;
    }
    std::vector<iovec> vectors;
    for (const std::string& field : entry) {
        vectors.push_back({const_cast<char*>(field.data()), field.size()}); // read only, whatever iovec says
    }
    return sd_journal_sendv(vectors.data(), static_cast<int>(vectors.size())) >= 0;
}

bool stderr_is_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat info {};
    return stream != nullptr && fstat(2, &info) == 0 &&
           fmt::format("{}:{}", info.st_dev, info.st_ino) == stream;
}

std::string render_text(WallTime time, LogLevel level, std::string_view name, const LogFields& fields) {
    std::string line = fmt::format("{} {:<7} {}", format_rfc3339(time), level_name(level), name);
    append_text(line, "", fields);
    return line;
}

std::string render_json(WallTime time, LogLevel level, std::string_view name, const LogFields& fields) {
    auto object = ordered_object();
    object->set("time", format_rfc3339(time));
    object->set("level", std::string(level_name(level)));
    object->set("event", std::string(name));
    append_json(*object, fields);
    return json_text(*object, 0);
}

} // namespace apikeyd
