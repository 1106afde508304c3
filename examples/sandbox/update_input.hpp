// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "examples/sandbox/key_world.hpp"

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace apikeyd::sandbox {

// The parts of a PUT that say what to do, decoded but not judged.
struct UpdateCall {
    std::string content_type;
    std::vector<std::pair<std::string, std::string>> query;
    std::string body;
};

struct ReadUpdate {
    std::variant<Update, Refusal> result;
    std::string id;         // as the query or else the input names it; empty: neither does
    std::string input_json; // the input as it was sent, as JSON; "null": there is none
    std::optional<KeyId> key() const { return KeyId::parse(id); }
};

// Takes a request as both the OpenAPI document and a server built with SOFA would: the whole input in the
// body, and its id in the query as well. Whatever else is there is refused: a client that sends it is wrong
// about one of the two.
ReadUpdate read_update(const UpdateCall& call);

} // namespace apikeyd::sandbox
