// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/diagnostic_json.hpp"
#include "daemon/cli/validation.hpp"
#include "daemon/runtime/json_text.hpp"

#include <Poco/JSON/Array.h>

namespace apikeyd {

namespace {

void add(Poco::JSON::Array& array, const std::vector<Diagnostic>& diagnostics) {
    for (const Diagnostic& diagnostic : diagnostics) {
        array.add(diagnostic_json(diagnostic));
    }
}

} // namespace

std::string render_validation_json(const Validation& validation) {
    Poco::JSON::Array::Ptr files = new Poco::JSON::Array;
    Poco::JSON::Array::Ptr diagnostics = new Poco::JSON::Array;
    add(*diagnostics, validation.settings);
    for (const Validation::Checked& checked : validation.files) {
        auto file = ordered_object();
        file->set("path", checked.path);
        file->set("valid", checked.keys.has_value());
        file->set("keys", json_or_null(checked.keys));
        files->add(file);
        add(*diagnostics, checked.diagnostics);
    }
    auto root = ordered_object();
    root->set("format_version", std::string("1.0"));
    root->set("valid", validation.code == exit_ok);
    root->set("files", files);
    root->set("diagnostics", diagnostics);
    return json_text(*root, 2) + "\n";
}

} // namespace apikeyd
