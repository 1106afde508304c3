// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/secret.hpp"

#include <string>
#include <string_view>

namespace apikeyd {

// Takes secrets out of a text that a server wrote. Letters count as equal in upper and lower case: a server
// may change that of what it echoes.

// Every occurrence of the secret, and of any part of it that is long enough to be no accident, as [redacted].
std::string redact_secret(std::string_view text, const Secret& secret);

// Words that may be a secret which isn't known here, as [redacted]: long ones with a digit or a capital in
// the middle, and long runs of the letters that tokens are made of. Ids of keys stay.
std::string redact_opaque_words(std::string_view text);

// Whether the secret stands in the text. One of a few letters counts only where it is the whole text, since
// any name may contain it.
bool repeats_secret(std::string_view text, const Secret& secret);

} // namespace apikeyd
