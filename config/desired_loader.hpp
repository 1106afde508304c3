// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "config/diagnostic.hpp"
#include "config/time.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace apikeyd {

// Bytes. A larger desired file is refused: nothing that people write by hand or generate comes near it.
inline constexpr std::uint64_t max_desired_file_size = 64ULL * 1024 * 1024;

// Whether a folder's entry of this name is one of its desired files: *.yaml or *.yml, and not hidden.
bool is_desired_file_name(std::string_view name);

// Loads a desired file, or every *.yaml and *.yml of a folder (by name; hidden files and subfolders left
// out). A value only if every file is valid; the diagnostics of all files either way. Opening never blocks (a
// FIFO or device is refused), and a file that changes while it is read is an error. The state is that of the
// moment `now`.
Loaded<DesiredState> load_desired(const std::string& path, WallTime now);

// The same for what comes from a descriptor, a pipe say, to its end; `name` stands for it in diagnostics.
Loaded<DesiredState> load_desired_stream(int descriptor, const std::string& name, WallTime now);

// The same for text at hand; `name` stands for the file in diagnostics.
Loaded<DesiredState> parse_desired(std::string_view text, const std::string& name, WallTime now);

} // namespace apikeyd
