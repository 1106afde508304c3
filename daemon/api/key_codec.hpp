// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/api/outcome.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace apikeyd {

// PUT /api-key?id=<id> with {"input":{"id":…,"name":…,"enabled":…}}: the id in the query satisfies the letter
// of the OpenAPI document, the body is what the server reads. Empty fields make a probe, which changes
// nothing.
Request encode_update(const KeyId& id, const Fields& fields);

// Why a body is not an ApiKey; says what is wrong where, never quotes the body.
struct DecodeError {
    std::string why;
};

// A body that should be an ApiKey: every field that we use is there with its type, the id's form is right,
// dates are RFC 3339. Unknown members are passed over; a member given twice is an error. So is a field that
// repeats the key's own secret or the token that was sent: fields are logged and stored.
std::variant<ApiKey, DecodeError> decode_api_key(std::string_view body, const Fingerprinter& fingerprinter,
                                                 const Secret& token);

// One entry of an error body {"errors":[{"message":…,"extensions":{"code":…}}]}.
struct ApiError {
    std::string message;
    std::string code; // empty: none
};

// The errors of a body; empty if it is nothing of that form.
std::vector<ApiError> decode_errors(std::string_view body);

} // namespace apikeyd
