// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/settings_schema.hpp"

#include "config/scalars.hpp"
#include "config/setting_rules.hpp"
#include "daemon/runtime/json_text.hpp"

#include <Poco/JSON/Array.h>
#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

using Poco::Dynamic::Var;

bool may_be_number(SettingKind kind) {
    return kind == SettingKind::integer || kind == SettingKind::number ||
           kind == SettingKind::text_or_integer;
}

Poco::JSON::Array::Ptr array_of(std::initializer_list<const char*> texts) {
    Poco::JSON::Array::Ptr array = new Poco::JSON::Array;
    for (const char* text : texts) {
        array->add(std::string(text));
    }
    return array;
}

Var type_of(SettingKind kind) {
    switch (kind) {
    case SettingKind::boolean:
        return std::string("boolean");
    case SettingKind::integer:
        return std::string("integer");
    case SettingKind::number:
        return std::string("number");
    case SettingKind::text_or_integer:
        return array_of({"string", "integer"});
    default:
        return std::string("string");
    }
}

Poco::JSON::Array::Ptr words_of(std::string_view list) {
    Poco::JSON::Array::Ptr words = new Poco::JSON::Array;
    while (!list.empty()) {
        const std::string_view word = list.substr(0, list.find('|'));
        words->add(std::string(word));
        list.remove_prefix(std::min(word.size() + 1, list.size()));
    }
    return words;
}

// The default as the type that it has in the file.
Var default_of(const SettingForm& form) {
    const std::string text(form.default_value.value());
    if (form.kind == SettingKind::boolean) {
        return text == "true";
    }
    if (may_be_number(form.kind)) {
        if (const auto number = parse_unsigned(text)) {
            return *number;
        }
    }
    return text;
}

Poco::JSON::Object::Ptr schema_of(const SettingRule& rule) {
    const SettingForm& form = rule.form;
    auto schema = ordered_object();
    schema->set("description", fmt::format("{} ({}, {})", rule.info.help, rule.info.flag, rule.info.env));
    schema->set("type", type_of(form.kind));
    if (form.kind == SettingKind::word) {
        schema->set("enum", words_of(rule.info.value));
    }
    if (!form.pattern.empty()) {
        schema->set("pattern", std::string(form.pattern));
    }
    if (form.least) {
        schema->set("minimum", *form.least);
    }
    if (form.most) {
        schema->set("maximum", *form.most);
    }
    if (form.default_value) {
        schema->set("default", default_of(form));
    }
    return schema;
}

// A mapping of these fields and no other; one without any may be left empty.
Poco::JSON::Object::Ptr mapping(const Poco::JSON::Object::Ptr& properties) {
    auto schema = ordered_object();
    schema->set("type", array_of({"object", "null"}));
    schema->set("additionalProperties", false);
    schema->set("properties", properties);
    return schema;
}

} // namespace

std::string settings_schema() {
    auto top = ordered_object();
    std::vector<std::pair<std::string, Poco::JSON::Object::Ptr>> sections;
    for (const SettingRule& rule : setting_rules()) {
        const std::string path(rule.info.path);
        const std::size_t dot = path.find('.');
        if (dot == path.npos) {
            top->set(path, schema_of(rule));
            continue;
        }
        if (sections.empty() || sections.back().first != path.substr(0, dot)) {
            sections.emplace_back(path.substr(0, dot), ordered_object());
            top->set(sections.back().first, mapping(sections.back().second));
        }
        sections.back().second->set(path.substr(dot + 1), schema_of(rule));
    }
    auto root = ordered_object();
    root->set("$schema", std::string("https://json-schema.org/draft/2020-12/schema"));
    root->set("title", std::string("apikeyd settings file"));
    root->set("description", std::string("Everything in it is optional. A flag outranks a variable of the "
                                         "environment, and that outranks this file."));
    const auto body = mapping(top);
    for (const char* name : {"type", "additionalProperties", "properties"}) {
        root->set(name, body->get(name));
    }
    return json_text(*root, 2) + "\n";
}

} // namespace apikeyd
