// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/done_report.hpp"

#include "daemon/runtime/json_text.hpp"

namespace apikeyd {

Poco::JSON::Object::Ptr done_json(std::string_view result) {
    auto object = ordered_object();
    object->set("format_version", std::string("1.0"));
    object->set("result", std::string(result));
    return object;
}

void report_done(const CommandLine& line, const std::string& sentence, const Poco::JSON::Object& json) {
    if (wants_report(line)) {
        print(line.format == OutputFormat::json ? json_text(json, 2) + "\n" : sentence);
    }
}

} // namespace apikeyd
