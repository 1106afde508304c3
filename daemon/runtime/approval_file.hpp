// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace apikeyd {

// How `approve` reaches the daemon, which alone may write the state: a file beside it that holds a digest.
std::string approval_path(const std::string& state_path);

// Puts it there, whole. Throws std::system_error.
void leave_approval(const std::string& state_path, const std::string& digest);

// Takes it away and returns what it said; nothing if there is none or it is no digest.
std::optional<std::string> take_approval(const std::string& state_path);

} // namespace apikeyd
