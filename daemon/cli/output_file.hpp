// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace apikeyd {

// Replaces the file's content, whole or not at all: written beside it, then renamed over it. The mode of a
// file that is there stays; a symbolic link stays one. What isn't a regular file (a pipe, /dev/stderr) is
// written to as it is. Throws std::system_error. For one thread alone: it looks at the process's umask.
void write_whole_file(const std::string& path, const std::string& text);

} // namespace apikeyd
