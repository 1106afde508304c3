// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/outcome.hpp"

#include "tests/daemon/api/api_key_json.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace std::chrono_literals;
using Catch::Contains;
using Catch::StartsWith;

namespace {

const KeyId sent = *KeyId::parse("5e5677d71bdc2ae76344968c");
const Fingerprinter fingerprinter(Secret(std::string("state key")));
const WallTime now = *parse_rfc3339("1994-11-06T08:49:00Z");

const std::string token = "tok:en!";

Outcome outcome_of(int status, std::string body, std::string retry_after = "") {
    return classify(sent,
                    Response{status, "application/json", std::move(retry_after), Secret(std::move(body)),
                             Secret(std::string(token))},
                    fingerprinter, now);
}

std::string errors(const std::string& message, const std::string& code = "") {
    const std::string extensions = code.empty() ? "" : R"(,"extensions":{"code":")" + code + R"("})";
    return R"({"errors":[{"message":")" + message + '"' + extensions + "}]}";
}

const std::string html = "<html><body>Sign in</body></html>";

} // namespace

TEST_CASE("classify: 200 with the key is applied, also where it differs from what was asked") {
    auto fields = api_key_fields();
    fields["id"] = R"("5E5677D71BDC2AE76344968C")";
    fields["enabled"] = "false";
    fields["errors"] = R"([{"message":"a member that we don't know"}])";
    const Outcome outcome = outcome_of(200, to_json(fields));
    REQUIRE(outcome_name(outcome) == "applied");
    CHECK_FALSE(std::get<Applied>(outcome).key.enabled);
    CHECK(outcome_detail(outcome).empty());
}

TEST_CASE("classify: another key's answer leaves this one in doubt") {
    auto fields = api_key_fields();
    fields["id"] = R"("5e5677d71bdc2ae76344968d")";
    const Outcome outcome = outcome_of(200, to_json(fields));
    CHECK(outcome_name(outcome) == "unknown");
    CHECK_THAT(outcome_detail(outcome), Contains("another key") && Contains("5e5677d71bdc2ae76344968d"));
}

TEST_CASE("classify: status and body decide") {
    const auto [status, body, name] = GENERATE(table<int, std::string, std::string>({
        {201, api_key_json(), "applied"},
        {200, html, "retryable"},
        {200, "", "retryable"},
        {200, "{}", "retryable"},
        {204, "", "retryable"},
        {202, "{}", "retryable"},
        {200, errors("gone", "NOT_FOUND"), "rejected"},
        {200, errors("who?", "UNAUTHENTICATED"), "denied"},
        {200, errors("oops", "INTERNAL_SERVER_ERROR"), "retryable"},
        {103, "", "retryable"},
        {301, "", "retryable"},
        {302, html, "retryable"},
        {304, "", "retryable"},
        {401, "", "denied"},
        {401, html, "denied"},
        {403, errors("disabled", "FORBIDDEN"), "denied"},
        {403, html, "denied"},
        {429, "", "throttled"},
        {429, errors("slow down", "FORBIDDEN"), "throttled"},
        {500, "", "retryable"},
        {500, errors("oops", "INTERNAL_SERVER_ERROR"), "retryable"},
        {500, errors("oops"), "retryable"},
        {500, errors("gone", "NOT_FOUND"), "rejected"},
        {500, errors("bad", "BAD_USER_INPUT"), "rejected"},
        {500, errors("bad", "GRAPHQL_VALIDATION_FAILED"), "rejected"},
        {500, errors("not yours", "FORBIDDEN"), "rejected"},
        {500, errors("who?", "UNAUTHENTICATED"), "denied"},
        {500, errors(R"(Variable \"$input\" got invalid value 7)"), "rejected"},
        {500, errors(R"(The variable \"$input\" got invalid value 7)"), "retryable"},
        {502, html, "retryable"},
        {503, errors("gone", "NOT_FOUND"), "rejected"},
        {504, "", "retryable"},
        {400, errors("bad"), "rejected"},
        {404, errors("gone"), "rejected"},
        {409, errors("conflict"), "rejected"},
        {422, errors("bad"), "rejected"},
        {400, html, "retryable"},
        {404, html, "retryable"},
        {405, "", "retryable"},
        {413, html, "retryable"},
        {408, "", "retryable"},
        {408, errors("too slow"), "retryable"},
        {425, errors("too early"), "retryable"},
        {999, "", "retryable"},
    }));
    CAPTURE(status, body);
    const Outcome outcome = outcome_of(status, body);
    CHECK(outcome_name(outcome) == name);
    CHECK(outcome_detail(outcome).empty() == (name == "applied"));
}

TEST_CASE("classify: of several errors the one that decides is told") {
    const std::string body = R"({"errors":[{"message":"first"},{"message":"second",)"
                             R"("extensions":{"code":"BAD_USER_INPUT"}}]})";
    CHECK(outcome_detail(outcome_of(500, body)) == "HTTP 500 (BAD_USER_INPUT): second");
}

TEST_CASE("classify: Retry-After is handed on wherever it makes sense") {
    CHECK(std::get<Throttled>(outcome_of(429, "", "7")).after == 7s);
    CHECK(std::get<Throttled>(outcome_of(429, "", "Sun, 06 Nov 1994 08:49:37 GMT")).after == 37s);
    CHECK(std::get<Throttled>(outcome_of(429, "", "soon")).after == std::nullopt);
    CHECK(std::get<Retryable>(outcome_of(503, "", "90000")).after == 1h);
    CHECK(std::get<Retryable>(outcome_of(408, "", "1")).after == 1s);
}

TEST_CASE("classify: no answer is unknown, nothing sent is not sent") {
    CHECK(std::get<Unknown>(classify(sent, NoAnswerFailure{"reset"}, fingerprinter, now)).why == "reset");
    CHECK(std::get<NotSent>(classify(sent, NotSentFailure{"refused"}, fingerprinter, now)).why == "refused");
    CHECK(http_status(NoAnswerFailure{"reset"}) == 0);
    CHECK(http_status(Response{503, "", "", Secret(), Secret()}) == 503);
}

TEST_CASE("classify: the reason helps, and shows neither page nor secret") {
    CHECK_THAT(outcome_detail(outcome_of(302, html)), StartsWith("HTTP 302: a redirect"));
    CHECK_THAT(outcome_detail(outcome_of(404, html)), Contains("URL"));
    CHECK_THAT(outcome_detail(outcome_of(404, html)), !Contains("Sign in"));
    CHECK(outcome_detail(outcome_of(500, errors("secret abcdefghijklmnopqrstuvwx leaked", "FORBIDDEN"))) ==
          "HTTP 500 (FORBIDDEN): secret [redacted] leaked");
    CHECK(outcome_detail(outcome_of(500, errors("x", "abcdefghijklmnopqrstuvwx"))) ==
          "HTTP 500 ([redacted]): x");
    CHECK(outcome_detail(outcome_of(500, errors(R"(a\u001b[2Jb)", "GRAPHQL_VALIDATION_FAILED"))) ==
          "HTTP 500 (GRAPHQL_VALIDATION_FAILED): a\\x1b[2Jb");
    auto fields = api_key_fields();
    fields.erase("name");
    CHECK(outcome_detail(outcome_of(200, to_json(fields))) ==
          "HTTP 200, but the answer is no ApiKey: 'name' is missing");
}

TEST_CASE("classify: of a denial only status and known code are told") {
    CHECK(outcome_detail(outcome_of(401, errors("bad token x", "UNAUTHENTICATED"))) ==
          "HTTP 401 (UNAUTHENTICATED)");
    CHECK(outcome_detail(outcome_of(403, errors("bad token x", "FORBIDDEN"))) == "HTTP 403 (FORBIDDEN)");
    CHECK(outcome_detail(outcome_of(403, errors("bad token x", "x-secret"))) == "HTTP 403");
    CHECK(outcome_detail(outcome_of(401, errors("bad token x"))) == "HTTP 401");
    CHECK(outcome_detail(outcome_of(200, errors("bad token x", "UNAUTHENTICATED"))) ==
          "HTTP 200 (UNAUTHENTICATED)");
    CHECK(outcome_detail(outcome_of(500, errors("bad token x", "UNAUTHENTICATED"))) ==
          "HTTP 500 (UNAUTHENTICATED)");
}

TEST_CASE("classify: the token that was sent is in no reason") {
    const int status = GENERATE(200, 400, 401, 403, 404, 408, 429, 500, 503);
    const char* code = GENERATE("", "FORBIDDEN", "NOT_FOUND", "INTERNAL_SERVER_ERROR", "tok:en!");
    const std::string why = outcome_detail(outcome_of(status, errors("bad tok:en! given", code)));
    CAPTURE(why);
    CHECK(why.find("tok:en") == std::string::npos);
}

TEST_CASE("classify: an answer that repeats a secret elsewhere is not taken, and may have been applied") {
    const char* name = GENERATE(R"("s3cr3t-of-the-key")", R"("my tok:en!")");
    auto fields = api_key_fields();
    fields["name"] = name;
    const Outcome outcome = outcome_of(200, to_json(fields));
    CHECK(outcome_name(outcome) == "retryable");
    CHECK(outcome_detail(outcome) == "HTTP 200, but the answer is no ApiKey: 'name' repeats a secret");
}
