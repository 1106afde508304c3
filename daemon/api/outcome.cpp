// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/outcome.hpp"

#include "config/overloaded.hpp"
#include "daemon/api/key_codec.hpp"
#include "daemon/api/quote.hpp"
#include "daemon/api/retry.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace apikeyd {

namespace {

// GraphQL codes that a repetition of the same request can't change, under whatever status they come.
constexpr std::array<std::string_view, 4> final_codes{"NOT_FOUND", "BAD_USER_INPUT",
                                                      "GRAPHQL_VALIDATION_FAILED", "FORBIDDEN"};
// How graphql-js begins a refusal of the input itself, which carries no code.
constexpr std::string_view invalid_input = R"(Variable "$input" got invalid value)";

bool is_final(const ApiError& error) {
    return std::find(final_codes.begin(), final_codes.end(), error.code) != final_codes.end() ||
           std::string_view(error.message).starts_with(invalid_input);
}

bool is_unauthenticated(const ApiError& error) {
    return error.code == "UNAUTHENTICATED";
}

bool is_known(const std::string& code) {
    return std::find(final_codes.begin(), final_codes.end(), code) != final_codes.end() ||
           code == "UNAUTHENTICATED" || code == "INTERNAL_SERVER_ERROR";
}

// One answer on its way to an outcome; a function for each class of status.
class Classifier {
  public:
    Classifier(const KeyId& sent, const Response& response, const Fingerprinter& fingerprinter, WallTime now)
        : sent_(sent)
        , response_(response)
        , fingerprinter_(fingerprinter)
        , now_(now) {}

    Outcome classify() {
        const bool success = response_.status >= 200 && response_.status < 300;
        std::string no_key;
        if (success) {
            auto decoded = decode_api_key(response_.body.reveal(), fingerprinter_, response_.token);
            if (auto* key = std::get_if<ApiKey>(&decoded)) {
                return classify_key(std::move(*key));
            }
            no_key = std::get<DecodeError>(decoded).why;
        }
        errors_ = decode_errors(response_.body.reveal());
        if (const ApiError* error = find(is_unauthenticated)) {
            return Denied{describe_denial(error)};
        }
        if (!success) {
            return classify_failure();
        }
        if (!errors_.empty()) { // GraphQL over HTTP reports errors with 200
            return classify_errors();
        }
        return Retryable{describe(nullptr) + ", but the answer is no ApiKey: " + no_key, after()};
    }

  private:
    Outcome classify_key(ApiKey key) const {
        if (key.id != sent_) {
            return Unknown{describe(nullptr) + ", but the answer is for another key, " + key.id.to_string()};
        }
        return Applied{std::move(key)};
    }

    Outcome classify_failure() const {
        const int status = response_.status;
        if (status < 200) {
            return Retryable{describe(nullptr) + ": an interim answer where the final one was due", after()};
        }
        if (status < 400) {
            return Retryable{
                describe(nullptr) + ": a redirect, which is not followed; is the API's URL right?", after()};
        }
        if (status == 401 || status == 403) {
            return Denied{describe_denial(first())};
        }
        if (status == 429) {
            return Throttled{describe(first()), after()};
        }
        return errors_.empty() ? classify_bare_failure() : classify_errors();
    }

    // The API itself spoke. Of a client error it has had its last word, but for those that time may cure.
    Outcome classify_errors() const {
        const int status = response_.status;
        if (const ApiError* error = find(is_final)) {
            return Rejected{describe(error)};
        }
        if (status >= 400 && status < 500 && !passes_with_time(status)) {
            return Rejected{describe(first())};
        }
        return Retryable{describe(first()), after()};
    }

    // No word of the API's: a proxy, or a server that is something else.
    Outcome classify_bare_failure() const {
        const int status = response_.status;
        std::string why = describe(nullptr);
        if (status < 500 && !passes_with_time(status)) {
            why += ", not in the API's form; is the API's URL right, or a proxy in between?";
        }
        return Retryable{std::move(why), after()};
    }

    // "HTTP 500 (NOT_FOUND): no such key". A code is a word of the vendor's; anything else in its place is
    // quoted as carefully as a message.
    std::string describe(const ApiError* error) const {
        std::string text = "HTTP " + std::to_string(response_.status);
        if (error != nullptr && !error->code.empty()) {
            text += " (" + (is_known(error->code) ? error->code : quote(error->code)) + ")";
        }
        if (error != nullptr && !error->message.empty()) {
            text += ": " + quote(error->message);
        }
        return text;
    }

    // What the server says of a token that it refuses may hold the token in any form.
    std::string describe_denial(const ApiError* error) const {
        const bool known = error != nullptr && is_known(error->code);
        return "HTTP " + std::to_string(response_.status) + (known ? " (" + error->code + ")" : "");
    }

    std::string quote(const std::string& text) const { return quote_foreign(text, response_.token); }

    // Request Timeout (RFC 9110, 15.5.9) and Too Early (RFC 8470, 5.2) ask for a repetition.
    static bool passes_with_time(int status) noexcept { return status == 408 || status == 425; }

    template <typename Predicate>
    const ApiError* find(Predicate predicate) const {
        const auto found = std::find_if(errors_.begin(), errors_.end(), predicate);
        return found == errors_.end() ? nullptr : &*found;
    }
    const ApiError* first() const { return errors_.empty() ? nullptr : &errors_.front(); }

    std::optional<std::chrono::milliseconds> after() const {
        return parse_retry_after(response_.retry_after, now_);
    }

    const KeyId& sent_;
    const Response& response_;
    const Fingerprinter& fingerprinter_;
    WallTime now_;
    std::vector<ApiError> errors_;
};

} // namespace

std::string_view outcome_name(const Outcome& outcome) noexcept {
    static constexpr std::array<std::string_view, std::variant_size_v<Outcome>> names{
        "applied", "rejected", "throttled", "retryable", "not_sent", "unknown", "denied"};
    return names[outcome.index()];
}

std::string outcome_detail(const Outcome& outcome) {
    return std::visit(
        Overloaded{[](const Applied&) { return std::string(); }, [](const auto& other) { return other.why; }},
        outcome);
}

Outcome classify(const KeyId& sent, const Exchange& exchange, const Fingerprinter& fingerprinter,
                 WallTime now) {
    return std::visit(
        Overloaded{
            [&](const Response& answer) { return Classifier(sent, answer, fingerprinter, now).classify(); },
            [](const NotSentFailure& failure) -> Outcome { return NotSent{failure.why}; },
            [](const NoAnswerFailure& failure) -> Outcome { return Unknown{failure.why}; }},
        exchange);
}

int http_status(const Exchange& exchange) noexcept {
    const auto* response = std::get_if<Response>(&exchange);
    return response == nullptr ? 0 : response->status;
}

} // namespace apikeyd
