// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/log.hpp"

#include "config/overloaded.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/json_text.hpp"

#include <Poco/JSON/Array.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
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

Log::Sink standard_error() {
    auto logger =
        std::make_shared<spdlog::logger>("apikeyd", std::make_shared<spdlog::sinks::stderr_sink_st>());
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::trace); // what is left out was left out before
    logger->flush_on(spdlog::level::trace);
    return [logger](LogLevel level, const std::string& line) {
        logger->log(spdlog::level::info, for_stderr(level, line));
    };
}

} // namespace

Log::Log(LogFormat format, LogLevel least)
    : Log(format, least, standard_error()) {}

Log::Log(LogFormat format, LogLevel least, Sink sink, Journal journal)
    : format_(format)
    , least_(least)
    , sink_(std::move(sink))
    , journal_(std::move(journal)) {}

void Log::event(LogLevel level, EventName name, const LogFields& fields) {
    if (level < least_) {
        return;
    }
    if (format_ == LogFormat::journal && journal_(journal_entry(level, name, fields))) {
        return;
    }
    const WallTime now = current_time().wall;
    sink_(level, format_ == LogFormat::json ? render_json(now, level, name.text(), fields)
                                            : render_text(now, level, name.text(), fields));
}

std::string render_text(WallTime time, LogLevel level, std::string_view name, const LogFields& fields) {
    return fmt::format("{} {:<7} {}", format_rfc3339(time), level_name(level), render_message(name, fields));
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
