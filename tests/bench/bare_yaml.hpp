// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace apikeyd::bench {

// yaml-cpp's event loop over a text, with a handler that does nothing but count single values: what reading a
// file costs at least, as long as yaml-cpp reads it. The number of values.
std::size_t bare_events(std::string_view text);

// The bytes of a file. Throws std::runtime_error.
std::string read_file(const std::string& path);

// The file itself, or the files of a folder, by name.
std::vector<std::string> files_at(const std::string& path);

} // namespace apikeyd::bench
