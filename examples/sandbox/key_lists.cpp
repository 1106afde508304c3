// SPDX-License-Identifier: Apache-2.0
// Keys to begin with, and keys as JSON.
#include "examples/sandbox/json_text.hpp"
#include "examples/sandbox/key_world.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <fmt/format.h>

namespace apikeyd::sandbox {

namespace {

KeyId numbered_id(std::uint64_t number) {
    KeyId::Bytes bytes{};
    for (auto byte = bytes.rbegin(); number != 0; ++byte, number >>= 8) {
        *byte = static_cast<std::uint8_t>(number & 0xFF);
    }
    return KeyId(bytes);
}

// A text member that must be there.
std::string required_text(const Poco::JSON::Object& entry, const std::string& member, std::size_t position) {
    const auto value = entry.get(member);
    if (!value.isString() || value.extract<std::string>().empty()) {
        throw WorldError(fmt::format("key {} of the list: '{}' must be a text", position, member));
    }
    return value.extract<std::string>();
}

KeyWorld::NewKey parse_key(const Poco::JSON::Object& entry, std::size_t position) {
    for (const auto& [member, value] : entry) {
        if (member != "id" && member != "name" && member != "enabled" && member != "secret") {
            throw WorldError(fmt::format("key {} of the list: '{}' is not known", position, member));
        }
    }
    const auto id = KeyId::parse(required_text(entry, "id", position));
    if (!id) {
        throw WorldError(fmt::format("key {} of the list: 'id' must be 24 hex digits", position));
    }
    KeyWorld::NewKey key{*id, required_text(entry, "name", position), true, std::nullopt};
    if (entry.has("enabled")) {
        const auto enabled = entry.get("enabled");
        if (!enabled.isBoolean()) {
            throw WorldError(fmt::format("key {} of the list: 'enabled' must be true or false", position));
        }
        key.enabled = enabled.extract<bool>();
    }
    if (entry.has("secret")) {
        key.secret = required_text(entry, "secret", position);
    }
    return key;
}

// The organization that owns every key here. Its dates have no fraction of a second and the keys' have one:
// clients must read both.
constexpr std::string_view organization =
    R"({"id":"5e5677d71bdc2ae7634495f0","name":"Sandbox Organization",)"
    R"("logo":"data:image/gif;base64,R0lGODlhAQABAAAAACw=",)"
    R"("emailAddress":"billing@sandbox.example","quota":{"id":"5e5677d71bdc2ae7634495f1","API":true,)"
    R"("groupedNOM151":0,"nom151":100},"policies":{"signatureRequest":{"conservation":"NOM151"}},)"
    R"("createdAt":"2023-03-01T12:00:00Z","updatedAt":"2024-06-30T18:45:10Z"})";

std::string secret_member(const Key& key, KeyRendering::SecretAs form) {
    switch (form) {
    case KeyRendering::SecretAs::number:
        return R"("secret":4711,)";
    case KeyRendering::SecretAs::nothing:
        return "";
    case KeyRendering::SecretAs::text:
        break;
    }
    return R"("secret":)" + json_quote(key.secret) + ',';
}

} // namespace

std::vector<KeyWorld::NewKey> default_keys() {
    const auto id = [](std::uint8_t last) {
        return KeyId({0x5e, 0x56, 0x77, 0xd7, 0x1b, 0xdc, 0x2a, 0xe7, 0x63, 0x44, 0x96, last});
    };
    return {{id(0x8c), "billing", true, std::nullopt},
            {id(0x8d), "mobile-app", true, std::nullopt},
            {id(0x8e), "legacy-import", true, std::nullopt}};
}

std::vector<KeyWorld::NewKey> numbered_keys(std::uint64_t count) {
    std::vector<KeyWorld::NewKey> keys;
    keys.reserve(count);
    for (std::uint64_t number = 1; number <= count; ++number) {
        keys.push_back({numbered_id(number), fmt::format("key-{}", number), true, std::nullopt});
    }
    return keys;
}

std::vector<KeyWorld::NewKey> parse_keys(const std::string& json) {
    Poco::JSON::Array::Ptr list;
    try {
        list = Poco::JSON::Parser().parse(json).extract<Poco::JSON::Array::Ptr>();
    } catch (const Poco::Exception&) {
        throw WorldError("the keys are not a JSON list");
    }
    std::vector<KeyWorld::NewKey> keys;
    keys.reserve(list->size());
    for (unsigned int i = 0; i < list->size(); ++i) {
        const auto entry = list->getObject(i);
        if (!entry) {
            throw WorldError(fmt::format("key {} of the list is not an object", i + 1));
        }
        keys.push_back(parse_key(*entry, i + 1));
    }
    return keys;
}

std::string api_key_json(const Key& key, const KeyRendering& rendering) {
    KeyId::Bytes id = key.id.bytes();
    if (rendering.wrong_id) {
        id.back() ^= 1;
    }
    return fmt::format(
        R"({{"id":"{}","enabled":{},"name":{},{}"organization":{},"createdAt":"{}","updatedAt":"{}"}})",
        KeyId(id).to_string(), key.enabled, json_quote(key.name), secret_member(key, rendering.secret),
        organization, format_rfc3339(key.created_at), format_rfc3339(key.updated_at));
}

std::string key_report_json(const Key& key) {
    return fmt::format(R"({{"id":"{}","name":{},"enabled":{},"secret":{},"createdAt":"{}",)"
                       R"("updatedAt":"{}","updates":{},"probes":{}}})",
                       key.id.to_string(), json_quote(key.name), key.enabled, json_quote(key.secret),
                       format_rfc3339(key.created_at), format_rfc3339(key.updated_at), key.updates,
                       key.probes);
}

} // namespace apikeyd::sandbox
