// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/update_input.hpp"

#include "examples/sandbox/json_text.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/JSON/Stringifier.h>
#include <Poco/String.h>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace apikeyd::sandbox {

namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Object;

// What a resolver answers that sets no status of its own.
Refusal bad_input(std::string message) {
    return {500, "BAD_USER_INPUT", std::move(message)};
}

Refusal missing_input() {
    return bad_input(R"(Variable "$input" of required type "UpdateApiKeyInput!" was not provided.)");
}

Refusal bad_query(std::string message) {
    return {400, "BAD_USER_INPUT", std::move(message)};
}

std::string to_json(const Var& value) {
    if (value.isString()) {
        return json_quote(value.extract<std::string>());
    }
    std::ostringstream text;
    Poco::JSON::Stringifier::stringify(value, text, 0, -1, Poco::JSON_WRAP_STRINGS);
    return text.str();
}

Refusal bad_value(const Var& value, std::string_view member, std::string_view why) {
    const std::string at = member.empty() ? std::string{} : fmt::format(R"( at "input.{}")", member);
    return bad_input(fmt::format(R"(Variable "$input" got invalid value {}{}; {})", to_json(value), at, why));
}

bool is_json(const std::string& content_type) {
    const auto media_type = Poco::trim(content_type.substr(0, content_type.find(';')));
    return Poco::icompare(media_type, std::string("application/json")) == 0;
}

// `input[enabled]=true` in a query: an object whose values are all texts.
Var input_of_query(const UpdateCall& call) {
    Object::Ptr object;
    for (const auto& [name, value] : call.query) {
        if (name == "input") {
            return value;
        }
        if (name.starts_with("input[") && name.ends_with(']')) {
            object = object ? object : Object::Ptr(new Object(Poco::JSON_PRESERVE_KEY_ORDER));
            object->set(name.substr(6, name.size() - 7), value);
        }
    }
    return object ? Var(object) : Var();
}

// Not a variant: a Var can be made from anything, and turned into it.
struct BodyInput {
    Var input;
    std::optional<Refusal> refusal = std::nullopt;
};

BodyInput input_of_body(const UpdateCall& call) {
    if (!is_json(call.content_type)) {
        return {Var(), missing_input()}; // a body of any other type isn't even read
    }
    Object::Ptr body;
    try {
        Poco::JSON::Parser parser(new Poco::JSON::ParseHandler(true));
        const Var root = parser.parse(call.body);
        if (root.type() != typeid(Object::Ptr)) {
            return {Var(), missing_input()};
        }
        body = root.extract<Object::Ptr>();
    } catch (const Poco::Exception&) {
        return {Var(), bad_input("The body is not JSON")};
    }
    for (const auto& [name, value] : *body) {
        if (name != "input") {
            return {Var(), bad_input(fmt::format("The body has an unknown member {}", json_quote(name)))};
        }
    }
    if (!body->has("input") || body->isNull("input")) {
        return {Var(), missing_input()};
    }
    return {body->get("input")};
}

std::variant<Update, Refusal> judge_input(const Var& input) {
    if (input.type() != typeid(Object::Ptr)) {
        return bad_value(input, "", R"(Expected type "UpdateApiKeyInput" to be an object.)");
    }
    const auto& object = *input.extract<Object::Ptr>();
    for (const auto& [name, value] : object) {
        if (name != "id" && name != "name" && name != "enabled") {
            return bad_value(
                input, "",
                fmt::format(R"(Field {} is not defined by type "UpdateApiKeyInput".)", json_quote(name)));
        }
    }
    if (!object.has("id")) {
        return bad_value(input, "", R"(Field "id" of required type "ObjectId!" was not provided.)");
    }
    const Var id = object.get("id");
    const auto key = id.isString() ? KeyId::parse(id.extract<std::string>()) : std::nullopt;
    if (!key) {
        return bad_value(id, "id", "Expected type \"ObjectId\": 24 hex digits.");
    }
    Update update{*key, std::nullopt, std::nullopt};
    if (object.has("name")) {
        const Var name = object.get("name");
        if (!name.isString()) {
            return bad_value(name, "name", "String cannot represent a non string value: " + to_json(name));
        }
        update.name = name.extract<std::string>();
        if (update.name->empty() || !is_utf8(*update.name)) {
            return bad_value(name, "name", "The name must not be empty.");
        }
    }
    if (object.has("enabled")) {
        const Var enabled = object.get("enabled");
        if (!enabled.isBoolean()) {
            return bad_value(enabled, "enabled",
                             "Boolean cannot represent a non boolean value: " + to_json(enabled));
        }
        update.enabled = enabled.extract<bool>();
    }
    return update;
}

// The required parameter of the document, written as its properties: the id, and nothing that would put a
// name or a state into access logs.
std::optional<Refusal> judge_query(const UpdateCall& call, const KeyId& id) {
    std::size_t ids = 0;
    for (const auto& [name, value] : call.query) {
        if (name.starts_with("input")) {
            continue;
        }
        if (name != "id") {
            return bad_query(fmt::format("Unexpected query parameter {}", json_quote(name)));
        }
        if (KeyId::parse(value) != id) {
            return bad_query("The id in the query is not the input's id");
        }
        ++ids;
    }
    return ids == 1 ? std::nullopt : std::optional(bad_query("The query must name the id, once"));
}

std::string id_named(const UpdateCall& call, const Var& input) {
    for (const auto& [name, value] : call.query) {
        if (name == "id") {
            return value;
        }
    }
    if (input.type() == typeid(Object::Ptr)) {
        const Var id = input.extract<Object::Ptr>()->get("id");
        return id.isString() ? id.extract<std::string>() : std::string{};
    }
    return {};
}

} // namespace

ReadUpdate read_update(const UpdateCall& call) {
    Var input = input_of_query(call);
    if (input.isEmpty()) {
        auto from_body = input_of_body(call);
        if (from_body.refusal) {
            return {std::move(*from_body.refusal), id_named(call, input), "null"};
        }
        input = from_body.input;
    }
    ReadUpdate read{judge_input(input), id_named(call, input), to_json(input)};
    if (const auto* update = std::get_if<Update>(&read.result)) {
        if (auto refusal = judge_query(call, update->id)) {
            read.result = std::move(*refusal);
        }
    }
    return read;
}

} // namespace apikeyd::sandbox
