// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace apikeyd {

// How long the steps that grow with a file may take: upper bounds, some twenty times what they take on a
// common machine, so that what takes longer hangs.

// To load desired files of so many bytes and plan from them. 0 where the watchdog's own patience will do.
std::chrono::milliseconds time_to_load(std::uint64_t bytes);

// To open a state of so many bytes: it is checked, and brought up to date.
std::chrono::milliseconds time_to_open(std::uint64_t bytes);

// Bytes of the file, or of a folder's desired files; 0 where there are none.
std::uint64_t size_of_desired(const std::string& path);
std::uint64_t size_of_state(const std::string& path);

} // namespace apikeyd
