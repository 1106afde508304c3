// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace apikeyd {

// Whether both paths lead to one file. What isn't there is the same by the same path only. Opens neither.
bool is_same_file(const std::string& one, const std::string& other);

} // namespace apikeyd
