// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/upcoming_json.hpp"

#include "daemon/runtime/json_text.hpp"
#include "daemon/status/words.hpp"

namespace apikeyd {

Poco::Dynamic::Var text_or_null(const std::string& text) {
    return json_or_null(text.empty() ? std::nullopt : std::optional(text));
}

Poco::JSON::Object::Ptr source_json(const std::string& file, std::uint32_t line) {
    auto source = ordered_object();
    source->set("file", file);
    source->set("line", line);
    return source;
}

Poco::Dynamic::Var approve_json(const std::string& digest) {
    if (digest.empty()) {
        return {};
    }
    const ApproveCommands commands = approve_commands(digest);
    auto object = ordered_object();
    object->set("daemon", commands.daemon);
    object->set("pipeline", commands.pipeline);
    return object;
}

Poco::JSON::Array::Ptr upcoming_json(const std::vector<Upcoming>& upcoming) {
    Poco::JSON::Array::Ptr array = new Poco::JSON::Array;
    for (const Upcoming& coming : upcoming) {
        auto object = ordered_object();
        object->set("at", format_rfc3339(coming.at));
        object->set("id", coming.id.to_string());
        object->set("name", text_or_null(coming.name));
        object->set("action", std::string(coming.enabled ? "enable" : "disable"));
        object->set("source", source_json(coming.file, coming.line));
        array->add(object);
    }
    return array;
}

} // namespace apikeyd
