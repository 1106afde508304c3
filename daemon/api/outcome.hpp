// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/key.hpp"
#include "config/secret.hpp"
#include "config/time.hpp"
#include "daemon/api/transport.hpp"
#include "daemon/plan/change.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <variant>

namespace apikeyd {

struct Organization {
    std::string id;
    std::string name;
};

// An ApiKey as the API returned it, of the fields that may be shown. The secret is gone: only its fingerprint
// leaves the codec.
struct ApiKey {
    KeyId id;
    bool enabled = false;
    std::string name;
    Organization organization;
    std::string created_at; // RFC 3339, as sent, checked
    std::string updated_at;
    Fingerprint secret{};
};

// What became of a request. Each alternative is a different thing to do next.

// The API answered with the key as it is now, which may differ from what was asked.
struct Applied {
    ApiKey key;
};
// The API understood the request and will never accept it; final until the file asks for something else.
struct Rejected {
    std::string why;
};
// 429: refused without a look. Everything pauses.
struct Throttled {
    std::string why;
    std::optional<std::chrono::milliseconds> after; // Retry-After, where it was given
};
// An answer that settles nothing (5xx, a proxy's page): worth another try. It may have been applied.
struct Retryable {
    std::string why;
    std::optional<std::chrono::milliseconds> after;
};
// Nothing left this machine; nothing can have been applied.
struct NotSent {
    std::string why;
};
// It may have been sent and no answer came: the key is in doubt.
struct Unknown {
    std::string why;
};
// 401, 403: no call with this token will pass. Everything stops.
struct Denied {
    std::string why;
};

using Outcome = std::variant<Applied, Rejected, Throttled, Retryable, NotSent, Unknown, Denied>;

// "applied", "rejected", ... as logs and history name it.
std::string_view outcome_name(const Outcome& outcome) noexcept;

// Why it went that way, for people; empty for Applied. Holds no secret.
std::string outcome_detail(const Outcome& outcome);

// What an exchange means for the change that was sent. Pure. `now` is needed for Retry-After as an HTTP date.
// The 'why' texts quote the API's error messages, shortened, with secrets taken out and control characters
// made harmless; never one about the token itself, and never a body of which the format isn't known.
Outcome classify(const KeyId& sent, const Exchange& exchange, const Fingerprinter& fingerprinter,
                 WallTime now);

// The HTTP status of an exchange; 0: none.
int http_status(const Exchange& exchange) noexcept;

} // namespace apikeyd
