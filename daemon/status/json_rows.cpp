// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/json_rows.hpp"

#include "daemon/runtime/json_text.hpp"

#include <fmt/format.h>

namespace apikeyd {

std::string json_with_rows(const Poco::JSON::Object& object, std::string_view name,
                           const std::function<Poco::JSON::Object::Ptr()>& next, JsonLayout layout) {
    const bool indented = layout == JsonLayout::indented;
    std::string text = json_text(object, indented ? 2 : 0);
    text.erase(text.rfind(indented ? "\n}" : "}")); // to be closed behind the array
    text += indented ? fmt::format(",\n  \"{}\": [", name) : fmt::format(",\"{}\":[", name);
    bool any = false;
    while (const auto row = next()) {
        text += any ? "," : "";
        text += indented ? "\n    " : "";
        text += json_text(*row, 0);
        any = true;
    }
    return text + (!indented ? "]}\n" : any ? "\n  ]\n}\n" : "]\n}\n");
}

} // namespace apikeyd
