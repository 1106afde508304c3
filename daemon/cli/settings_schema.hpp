// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace apikeyd {

// JSON Schema (2020-12) of the settings file, made from the table of settings; ends with a newline. It can't
// see how a scalar is written: to it `08` and `0x8` are numbers, while the loader takes neither.
std::string settings_schema();

} // namespace apikeyd
