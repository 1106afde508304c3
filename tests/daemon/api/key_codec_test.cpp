// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/key_codec.hpp"

#include "tests/daemon/api/api_key_json.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;

namespace {

const KeyId id = *KeyId::parse("5e5677d71bdc2ae76344968c");
const Fingerprinter fingerprinter(Secret(std::string("state key")));
const Secret token(std::string("sent:token!"));

std::string refused(const std::string& body) {
    const auto result = decode_api_key(body, fingerprinter, token);
    const auto* error = std::get_if<DecodeError>(&result);
    return error == nullptr ? "" : error->why;
}

} // namespace

TEST_CASE("codec: an update carries the id twice and only the fields that are given") {
    CHECK(encode_update(id, {}).target == "/api-key?id=5e5677d71bdc2ae76344968c");
    CHECK(encode_update(id, {}).body == R"({"input":{"id":"5e5677d71bdc2ae76344968c"}})");
    CHECK(encode_update(id, {std::nullopt, false}).body ==
          R"({"input":{"id":"5e5677d71bdc2ae76344968c","enabled":false}})");
    CHECK(encode_update(id, {"billing", true}).body ==
          R"({"input":{"id":"5e5677d71bdc2ae76344968c","name":"billing","enabled":true}})");
}

TEST_CASE("codec: a name is escaped where JSON demands it or a terminal would obey it, else sent as it is") {
    const auto [name, json] = GENERATE(table<std::string, std::string>({
        {R"(a "b" \c)", R"("a \"b\" \\c")"},
        {std::string("tab\tnul\0del\x7f", 12), R"("tab\tnul\u0000del\u007f")"},
        {"llave de facturación 🔑 </script>", "\"llave de facturación 🔑 </script>\""},
        {"line\r\nbreak", R"("line\r\nbreak")"},
        {"", R"("")"},
    }));
    CAPTURE(name);
    CHECK(encode_update(id, {name, std::nullopt}).body ==
          R"({"input":{"id":"5e5677d71bdc2ae76344968c","name":)" + json + "}}");
}

TEST_CASE("codec: an ApiKey is read, its secret only as a fingerprint") {
    const auto result = decode_api_key(api_key_json(), fingerprinter, token);
    const auto& key = std::get<ApiKey>(result);
    CHECK(key.id == id);
    CHECK(key.enabled);
    CHECK(key.name == "billing-service");
    CHECK(key.organization.id == "5e5677d71bdc2ae763449600");
    CHECK(key.organization.name == "Plumaa");
    CHECK(key.created_at == "2024-01-02T03:04:05Z");
    CHECK(key.updated_at == "2024-05-06T07:08:09.123Z");
    CHECK(key.secret == fingerprinter("s3cr3t-of-the-key"));
}

TEST_CASE("codec: an id is read in any case, escapes are decoded, unknown members are passed over") {
    auto fields = api_key_fields();
    fields["id"] = R"("5E5677D71BDC2AE76344968C")";
    fields["name"] = R"("caf\u00e9 \ud83d\udd11 \"x\"")";
    fields["newField"] = R"({"id":7,"enabled":[{"name":null}],"deep":[[[1.5e3]]]})";
    fields["organization.name"] = "true"; // one member with a dot in it, not organization → name
    const auto result = decode_api_key(to_json(fields), fingerprinter, token);
    const auto& key = std::get<ApiKey>(result);
    CHECK(key.id == id);
    CHECK(key.name == "café 🔑 \"x\"");
    CHECK(key.organization.name == "Plumaa");
}

TEST_CASE("codec: every field that is used is required") {
    const char* field = GENERATE("id", "enabled", "name", "secret", "organization", "createdAt", "updatedAt");
    auto fields = api_key_fields();
    fields.erase(field);
    CHECK(refused(to_json(fields)) == "'" + std::string(field) + "' is missing");
}

TEST_CASE("codec: a field of the wrong type is refused") {
    const auto [field, value, why] = GENERATE(table<std::string, std::string, std::string>({
        {"id", "12", "'id' is not a string"},
        {"id", R"("5e5677d71bdc2ae76344968")", "'id' is not 24 hex digits"},
        {"enabled", R"("false")", "'enabled' is not a boolean"},
        {"enabled", "1", "'enabled' is not a boolean"},
        {"enabled", "[]", "'enabled' is not a boolean"},
        {"enabled", "null", "'enabled' is not a boolean"},
        {"name", "null", "'name' is not a string"},
        {"name", R"({"name":"x"})", "'name' is not a string"},
        {"secret", "null", "'secret' is not a string"},
        {"secret", "1234567890123456789", "'secret' is not a string"},
        {"organization", R"("x")", "'organization' is not an object"},
        {"organization", R"([{"id":"a","name":"b"}])", "'organization' is not an object"},
        {"organization", R"({"id":"a"})", "'organization.name' is missing"},
        {"organization", R"({"id":1,"name":"b"})", "'organization.id' is not a string"},
        {"createdAt", R"("yesterday")", "'createdAt' is not an RFC 3339 date-time"},
        {"updatedAt", "1714979289", "'updatedAt' is not a string"},
    }));
    CAPTURE(field, value);
    auto fields = api_key_fields();
    fields[field] = value;
    CHECK(refused(to_json(fields)) == why);
}

TEST_CASE("codec: a member given twice is refused, on any level and however it is spelt") {
    const char* twice = GENERATE(R"({"enabled":true,)", R"({"\u0065nabled":true,)", R"({"x":1,"x":1,)",
                                 R"({"x":{"y":1,"y":2},)");
    CAPTURE(twice);
    const std::string json = api_key_json();
    CHECK(refused(twice + json.substr(1)) == "it has a member twice");
}

TEST_CASE("codec: what is no JSON object is no ApiKey") {
    CHECK(refused("[]") == "it is not an object");
    CHECK(refused("null") == "it is not an object");
    CHECK(refused("[" + api_key_json() + "]") == "it is not an object");
    const std::string body = GENERATE(as<std::string>(), "", "<html></html>", "{", api_key_json() + "x",
                                      api_key_json().substr(0, api_key_json().size() - 1),
                                      R"({"x":)" + std::string(200000, '[') + "}", "{\"x\":\"\xff\"}");
    CAPTURE(body.substr(0, 80));
    CHECK(refused(body) == "it is not JSON, or nested too deep");
}

TEST_CASE("codec: no reason quotes the body") {
    for (const auto& [field, value] : api_key_fields()) {
        auto fields = api_key_fields();
        fields[field] = R"(["s3cr3t-of-the-key"])";
        CHECK(refused(to_json(fields)).find("s3cr3t") == std::string::npos);
        CHECK(refused(to_json(fields) + " s3cr3t-of-the-key").find("s3cr3t") == std::string::npos);
    }
}

TEST_CASE("codec: errors are read with message and code, whatever else is in them") {
    const auto errors = decode_errors(R"({"data":null,"errors":[
        {"message":"no such key","path":["updateApiKey"],"extensions":{"code":"NOT_FOUND","trace":["a","b"]}},
        {"message":"second","locations":[{"line":1}],"extensions":null},
        "third", {"message":7,"extensions":{"code":["X"]}}]})");
    REQUIRE(errors.size() == 3);
    CHECK(errors[0].message == "no such key");
    CHECK(errors[0].code == "NOT_FOUND");
    CHECK(errors[1].message == "second");
    CHECK(errors[1].code.empty());
    CHECK(errors[2].message.empty());
    CHECK(errors[2].code.empty());
}

TEST_CASE("codec: a body of another form has no errors") {
    const char* body =
        GENERATE("", "<html>", "{}", "[]", R"({"errors":{}})", R"({"errors":"x"})", R"({"errors":[]})",
                 R"({"errors[]":{"message":"x"}})", R"({"data":{"errors":[{"message":"x"}]}})",
                 R"({"errors":[{"message":"x"}]} y)");
    CAPTURE(body);
    CHECK(decode_errors(body).empty());
}

TEST_CASE("codec: a NUL in a name is kept") {
    auto fields = api_key_fields();
    fields["name"] = R"("a\u0000b")";
    CHECK(std::get<ApiKey>(decode_api_key(to_json(fields), fingerprinter, token)).name ==
          std::string("a\0b", 3));
}

TEST_CASE("codec: a field that repeats the key's secret or the token is refused") {
    const std::string secret =
        GENERATE("s3cr3t-of-the-key", "S3CR3T-OF-THE-KEY", "sent:token!", "SENT:Token!");
    const bool whole = GENERATE(true, false);
    const std::string text = whole ? secret : "the " + secret + "s";
    auto fields = api_key_fields();
    SECTION("name") {
        fields["name"] = '"' + text + '"';
        CHECK(refused(to_json(fields)) == "'name' repeats a secret");
    }
    SECTION("organization") {
        fields["organization"] = R"({"id":"x","name":")" + text + "\"}";
        CHECK(refused(to_json(fields)) == "'organization.name' repeats a secret");
        fields["organization"] = R"({"name":"x","id":")" + text + "\"}";
        CHECK(refused(to_json(fields)) == "'organization.id' repeats a secret");
    }
}

TEST_CASE("codec: an id or a date can be no secret's hiding place") {
    auto fields = api_key_fields();
    const char* field = GENERATE("id", "createdAt", "updatedAt");
    fields["secret"] = fields[field];
    CHECK(refused(to_json(fields)) == "'" + std::string(field) + "' repeats a secret");
}

TEST_CASE("codec: a word of a few letters that is a secret somewhere may occur in a name, not be it") {
    auto fields = api_key_fields();
    fields["secret"] = R"("bill")";
    CHECK(refused(to_json(fields)).empty());
    fields["name"] = R"("Bill")";
    CHECK(refused(to_json(fields)) == "'name' repeats a secret");
    fields["secret"] = R"("")";
    fields["name"] = R"("")";
    CHECK(refused(to_json(fields)).empty());
}
