// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace apikeyd {

// Whether a digest ("sha256:…") is the one that was given: in full, or its first 8 digits or more, with or
// without "sha256:".
bool digest_matches(std::string_view digest, std::string_view given);

// Twelve digits: enough to type, and to tell apart. `digest`: with or without "sha256:".
std::string short_digest(std::string_view digest);

} // namespace apikeyd
