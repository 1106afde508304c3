// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace apikeyd {

// SGR codes of ECMA-48.
namespace sgr {
inline constexpr const char* bold = "1";
inline constexpr const char* dim = "2";
inline constexpr const char* red = "31";
inline constexpr const char* green = "32";
inline constexpr const char* yellow = "33";
inline constexpr const char* reset = "\x1b[0m"; // the end of any of them
} // namespace sgr

inline std::string colored(const std::string& text, const char* code, bool color) {
    return color && !text.empty() ? "\x1b[" + std::string(code) + "m" + text + sgr::reset : text;
}

} // namespace apikeyd
