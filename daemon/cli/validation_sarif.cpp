// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/validation.hpp"
#include "daemon/runtime/json_text.hpp"
#include "generated/version.hpp"

#include <Poco/JSON/Array.h>
#include <fmt/format.h>

#include <array>
#include <string_view>

namespace apikeyd {

namespace {

struct Rule {
    std::string_view id;
    std::string_view description;
};
enum RuleIndex : std::size_t { desired_rule, settings_rule };
constexpr std::array<Rule, 2> rules{{{"desired-file", "A desired file is valid and says what was meant"},
                                     {"settings", "The settings are valid and say what was meant"}}};

Poco::JSON::Object::Ptr text_object(const std::string& text) {
    auto object = ordered_object();
    object->set("text", text);
    return object;
}

// A path as a URI reference (RFC 3986): relative stays relative, which code scanning takes from the root of
// the repository.
std::string uri_of(std::string_view path) {
    static constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
    std::string uri = path.starts_with('/') ? "file://" : "";
    for (const char c : path) {
        uri += plain.find(c) != plain.npos ? std::string(1, c)
                                           : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return uri;
}

Poco::JSON::Object::Ptr physical_location(const Diagnostic& diagnostic) {
    auto artifact = ordered_object();
    artifact->set("uri", uri_of(diagnostic.file));
    auto physical = ordered_object();
    physical->set("artifactLocation", artifact);
    if (diagnostic.line != 0) {
        auto region = ordered_object();
        region->set("startLine", diagnostic.line);
        if (diagnostic.column != 0) {
            region->set("startColumn", diagnostic.column);
        }
        physical->set("region", region);
    }
    auto location = ordered_object();
    location->set("physicalLocation", physical);
    return location;
}

// A variable or a flag: what has a name but no file.
Poco::JSON::Object::Ptr logical_location(const Diagnostic& diagnostic) {
    auto named = ordered_object();
    named->set("name", diagnostic.file);
    Poco::JSON::Array::Ptr all = new Poco::JSON::Array;
    all->add(named);
    auto location = ordered_object();
    location->set("logicalLocations", all);
    return location;
}

Poco::JSON::Object::Ptr result_of(const Diagnostic& diagnostic, RuleIndex rule, bool in_file) {
    auto result = ordered_object();
    result->set("ruleId", std::string(rules.at(rule).id));
    result->set("ruleIndex", static_cast<int>(rule));
    result->set("level", std::string(diagnostic.severity == Severity::error ? "error" : "warning"));
    result->set("message",
                text_object(diagnostic.hint.empty() ? diagnostic.message
                                                    : diagnostic.message + "\nhint: " + diagnostic.hint));
    Poco::JSON::Array::Ptr locations = new Poco::JSON::Array;
    locations->add(in_file ? physical_location(diagnostic) : logical_location(diagnostic));
    result->set("locations", locations);
    return result;
}

Poco::JSON::Object::Ptr tool() {
    Poco::JSON::Array::Ptr described = new Poco::JSON::Array;
    for (const Rule& rule : rules) {
        auto object = ordered_object();
        object->set("id", std::string(rule.id));
        object->set("shortDescription", text_object(std::string(rule.description)));
        described->add(object);
    }
    auto driver = ordered_object();
    driver->set("name", std::string("apikeyd"));
    driver->set("version", std::string(version));
    driver->set("rules", described);
    auto object = ordered_object();
    object->set("driver", driver);
    return object;
}

} // namespace

std::string render_validation_sarif(const Validation& validation) {
    Poco::JSON::Array::Ptr results = new Poco::JSON::Array;
    for (const Diagnostic& diagnostic : validation.settings) {
        results->add(result_of(diagnostic, settings_rule, diagnostic.file == validation.settings_file));
    }
    for (const Validation::Checked& checked : validation.files) {
        for (const Diagnostic& diagnostic : checked.diagnostics) {
            results->add(result_of(diagnostic, desired_rule, true));
        }
    }
    auto run = ordered_object();
    run->set("tool", tool());
    run->set("columnKind", std::string("unicodeCodePoints"));
    run->set("results", results);
    Poco::JSON::Array::Ptr runs = new Poco::JSON::Array;
    runs->add(run);
    auto root = ordered_object();
    root->set("$schema", std::string("https://json.schemastore.org/sarif-2.1.0.json"));
    root->set("version", std::string("2.1.0"));
    root->set("runs", runs);
    return json_text(*root, 2) + "\n";
}

} // namespace apikeyd
