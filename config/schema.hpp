// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace apikeyd {

// JSON Schema (2020-12) of the desired file, as text that ends with a newline.
std::string_view desired_schema();

} // namespace apikeyd
