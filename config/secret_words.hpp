// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace apikeyd {

// Whether a field or variable of this name probably holds a secret. What it holds is then never shown.
bool names_secret(std::string_view name);

} // namespace apikeyd
