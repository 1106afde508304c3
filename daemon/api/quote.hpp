// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/secret.hpp"

#include <string>
#include <string_view>

namespace apikeyd {

// A text from the network, made fit for a log: the token that was sent, and words that may be another secret,
// become [redacted] (see redact.hpp); control characters and broken UTF-8 are escaped; what is longer than
// about 200 characters is cut.
std::string quote_foreign(std::string_view text, const Secret& token);

} // namespace apikeyd
