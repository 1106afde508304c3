// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"

#include <optional>
#include <string>

namespace apikeyd {

// How `approve`, `suspend` and `resume` reach the daemon, which alone may write the state: files beside it,
// one a kind, the newest in place of an older one that was not taken yet.
enum class RequestKind { approval, suspension };
std::string request_path(const std::string& state_path, RequestKind kind);

// Lets the held plan with this digest go.
struct ApprovalRequest {
    std::string digest;
    std::string by; // the user who asks
};

// Sends nothing until then; nothing: sends again.
struct SuspensionRequest {
    std::optional<WallTime> until;
    std::string by;
    std::string reason; // one line; may be empty
    friend bool operator==(const SuspensionRequest&, const SuspensionRequest&) = default;
};

// Puts it there, whole. Throws std::system_error.
void leave_request(const std::string& state_path, const ApprovalRequest& request);
void leave_request(const std::string& state_path, const SuspensionRequest& request);

// Takes it away and returns what it said; nothing if there is none or it is no such request.
std::optional<ApprovalRequest> take_approval(const std::string& state_path);

// What it says; it stays there until it is in force, durably. What is no request is taken away.
std::optional<SuspensionRequest> read_suspension(const std::string& state_path);
// Takes it away, unless a newer one has come meanwhile.
void drop_suspension(const std::string& state_path, const SuspensionRequest& carried_out);

} // namespace apikeyd
