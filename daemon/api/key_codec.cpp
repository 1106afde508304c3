// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/key_codec.hpp"

#include "config/json_string.hpp"
#include "config/time.hpp"
#include "daemon/api/json_reader.hpp"
#include "daemon/api/redact.hpp"

#include <array>
#include <bitset>
#include <utility>

namespace apikeyd {

namespace {

struct Member {
    std::string_view path;
    JsonType type;
};

// All that is read of an ApiKey, each required. What is not listed here never leaves the parser.
constexpr std::array members{
    Member{"", JsonType::object},
    Member{"id", JsonType::string},
    Member{"enabled", JsonType::boolean},
    Member{"name", JsonType::string},
    Member{"secret", JsonType::string},
    Member{"organization", JsonType::object},
    Member{"organization.id", JsonType::string},
    Member{"organization.name", JsonType::string},
    Member{"createdAt", JsonType::string},
    Member{"updatedAt", JsonType::string},
};

std::string quoted(std::string_view path) {
    return "'" + std::string(path) + "'";
}

std::string type_error(const Member& member) {
    const std::string_view type = member.type == JsonType::object    ? "an object"
                                  : member.type == JsonType::boolean ? "a boolean"
                                                                     : "a string";
    return (member.path.empty() ? "it" : quoted(member.path)) + " is not " + std::string(type);
}

class ApiKeyVisitor final : public JsonVisitor {
  public:
    ApiKeyVisitor(const Fingerprinter& fingerprinter, const Secret& token)
        : fingerprinter_(fingerprinter)
        , token_(token) {}

    void visit(const JsonPlace& place, const JsonValue& value) override {
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (place.is(members[i].path)) {
                seen_.set(i);
                if (value.type != members[i].type) {
                    fail(type_error(members[i]));
                } else {
                    take(members[i].path, value);
                }
                return;
            }
        }
    }

    std::variant<ApiKey, DecodeError> result() && {
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (!seen_.test(i)) {
                fail(quoted(members[i].path) + " is missing");
            }
        }
        refuse_secrets();
        if (!error_.empty()) {
            return DecodeError{std::move(error_)};
        }
        return std::move(key_);
    }

  private:
    void fail(std::string why) {
        if (error_.empty()) {
            error_ = std::move(why);
        }
    }

    void take(std::string_view path, const JsonValue& value) {
        if (path == "id") {
            const auto id = KeyId::parse(value.text);
            if (!id) {
                fail("'id' is not 24 hex digits");
            }
            key_.id = id.value_or(KeyId());
        } else if (path == "enabled") {
            key_.enabled = value.flag;
        } else if (path == "name") {
            key_.name = value.text;
        } else if (path == "secret") {
            key_.secret = fingerprinter_(value.text);
            secret_ = Secret(std::string(value.text));
        } else if (path == "organization.id") {
            key_.organization.id = value.text;
        } else if (path == "organization.name") {
            key_.organization.name = value.text;
        } else if (path == "createdAt") {
            take_time(path, value.text, key_.created_at);
        } else if (path == "updatedAt") {
            take_time(path, value.text, key_.updated_at);
        }
    }

    // Only now: the secret may come last.
    void refuse_secrets() {
        const std::string id = key_.id.to_string();
        const std::array<std::pair<std::string_view, const std::string*>, 6> shown{{
            {"id", &id},
            {"name", &key_.name},
            {"organization.id", &key_.organization.id},
            {"organization.name", &key_.organization.name},
            {"createdAt", &key_.created_at},
            {"updatedAt", &key_.updated_at},
        }};
        for (const auto& [path, text] : shown) {
            if (repeats_secret(*text, secret_) || repeats_secret(*text, token_)) {
                fail(quoted(path) + " repeats a secret");
            }
        }
    }

    void take_time(std::string_view path, std::string_view text, std::string& into) {
        if (!parse_rfc3339(text)) {
            fail(quoted(path) + " is not an RFC 3339 date-time");
        }
        into = text;
    }

    const Fingerprinter& fingerprinter_;
    const Secret& token_;
    ApiKey key_;
    Secret secret_;
    std::bitset<members.size()> seen_;
    std::string error_;
};

// Enough to find the code that decides; a server that sends more is not read to the end.
constexpr std::size_t max_errors = 16;

class ErrorsVisitor final : public JsonVisitor {
  public:
    void visit(const JsonPlace& place, const JsonValue& value) override {
        if (place.is("errors[]")) {
            // An element that is no object is no error of that form, but the others still are.
            inside_ = value.type == JsonType::object && errors.size() < max_errors;
            if (inside_) {
                errors.emplace_back();
            }
        } else if (inside_ && value.type == JsonType::string) {
            if (place.is("errors[].message")) {
                errors.back().message = value.text;
            } else if (place.is("errors[].extensions.code")) {
                errors.back().code = value.text;
            }
        }
    }

    std::vector<ApiError> errors;

  private:
    bool inside_ = false;
};

} // namespace

Request encode_update(const KeyId& id, const Fields& fields) {
    const std::string hex = id.to_string();
    Request request{"/api-key?id=" + hex, R"({"input":{"id":")" + hex + '"'};
    if (fields.name) {
        request.body.append(R"(,"name":)");
        append_json_string(request.body, *fields.name);
    }
    if (fields.enabled) {
        request.body.append(R"(,"enabled":)").append(*fields.enabled ? "true" : "false");
    }
    request.body.append("}}");
    return request;
}

std::variant<ApiKey, DecodeError> decode_api_key(std::string_view body, const Fingerprinter& fingerprinter,
                                                 const Secret& token) {
    ApiKeyVisitor visitor(fingerprinter, token);
    if (const auto wrong = read_json(body, visitor)) {
        return DecodeError{"it " + std::string(*wrong)};
    }
    return std::move(visitor).result();
}

std::vector<ApiError> decode_errors(std::string_view body) {
    ErrorsVisitor visitor;
    if (read_json(body, visitor)) {
        return {};
    }
    return std::move(visitor.errors);
}

} // namespace apikeyd
