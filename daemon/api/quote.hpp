// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace apikeyd {

// A text from the network, made fit for a log: long opaque tokens (a server may echo ours, or a
// key's secret) become [redacted], ids of keys stay; control characters and broken UTF-8 are escaped; what is
// longer than about 200 characters is cut.
std::string quote_foreign(std::string_view text);

} // namespace apikeyd
