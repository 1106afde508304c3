// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace apikeyd::sandbox {

// Whether the bytes are UTF-8 (RFC 3629) from end to end.
bool is_utf8(std::string_view text);

// A JSON string with its quotes. Bytes that are no UTF-8 are taken for Latin-1, so that what comes out is
// always valid JSON.
std::string json_quote(std::string_view text);

} // namespace apikeyd::sandbox
