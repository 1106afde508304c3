// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/diagnostic_json.hpp"

#include "daemon/runtime/json_text.hpp"

#include <optional>
#include <string>

namespace apikeyd {

namespace {

std::optional<std::uint32_t> if_known(std::uint32_t place) {
    return place == 0 ? std::nullopt : std::optional(place);
}

} // namespace

Poco::JSON::Object::Ptr diagnostic_json(const Diagnostic& diagnostic) {
    auto object = ordered_object();
    object->set("severity", std::string(diagnostic.severity == Severity::error ? "error" : "warning"));
    object->set("file",
                json_or_null(diagnostic.file.empty() ? std::nullopt : std::optional(diagnostic.file)));
    object->set("line", json_or_null(if_known(diagnostic.line)));
    object->set("column", json_or_null(if_known(diagnostic.column)));
    object->set("message", diagnostic.message);
    object->set("hint",
                json_or_null(diagnostic.hint.empty() ? std::nullopt : std::optional(diagnostic.hint)));
    return object;
}

Poco::JSON::Array::Ptr diagnostics_json(const std::vector<Diagnostic>& diagnostics) {
    Poco::JSON::Array::Ptr array = new Poco::JSON::Array;
    for (const Diagnostic& diagnostic : diagnostics) {
        array->add(diagnostic_json(diagnostic));
    }
    return array;
}

} // namespace apikeyd
