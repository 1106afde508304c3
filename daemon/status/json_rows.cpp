// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/json_rows.hpp"

#include "daemon/runtime/json_text.hpp"

#include <fmt/format.h>

namespace apikeyd {

std::string json_with_rows(const Poco::JSON::Object& object, std::string_view name,
                           const std::function<Poco::JSON::Object::Ptr()>& next) {
    std::string text = json_text(object, 2);
    text.erase(text.rfind("\n}")); // to be closed behind the array
    text += fmt::format(",\n  \"{}\": [", name);
    const char* separator = "\n";
    while (const auto row = next()) {
        text += separator;
        text += "    " + json_text(*row, 0);
        separator = ",\n";
    }
    return text + (*separator == ',' ? "\n  ]\n}\n" : "]\n}\n");
}

} // namespace apikeyd
