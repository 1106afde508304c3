// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace apikeyd {

// The members of an ApiKey as the OpenAPI document has it, as JSON texts, for tests to change.
inline std::map<std::string, std::string> api_key_fields() {
    return {{"id", R"("5e5677d71bdc2ae76344968c")"},
            {"enabled", "true"},
            {"name", R"("billing-service")"},
            {"secret", R"("s3cr3t-of-the-key")"},
            {"organization",
             R"({"id":"5e5677d71bdc2ae763449600","name":"Plumaa","logo":"https://x/l.png",)"
             R"("emailAddress":"a@example.com","quota":{"id":"5e5677d71bdc2ae763449601","API":true,)"
             R"("groupedNOM151":1,"nom151":2},"policies":{"signatureRequest":{"conservation":"NOM151"}},)"
             R"("createdAt":"2020-01-01T00:00:00Z","updatedAt":"2020-01-01T00:00:00Z"})"},
            {"createdAt", R"("2024-01-02T03:04:05Z")"},
            {"updatedAt", R"("2024-05-06T07:08:09.123Z")"}};
}

inline std::string to_json(const std::map<std::string, std::string>& fields) {
    std::string json = "{";
    for (const auto& [name, value] : fields) {
        json += (json.size() > 1 ? ",\"" : "\"") + name + "\":" + value;
    }
    return json + "}";
}

inline std::string api_key_json() {
    return to_json(api_key_fields());
}

} // namespace apikeyd
