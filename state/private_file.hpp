// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace apikeyd {

// Opens a file for reading and writing, and makes it if there is none: whatever the umask, for its owner
// alone. What root makes belongs to whom the folder belongs to, since a service that runs as another user has
// to write to it. The descriptor is the caller's; -1 with errno where it can't be opened.
int open_private(const std::string& path);

// Takes from others what they may do with a file, and from its group all but reading, since somebody must
// have chosen that. Links are not followed, and where it isn't ours to change, it stays. Locks on it are
// kept.
void narrow_private(const std::string& path);

// What errno says, for a file that can't be opened, and what to do where it belongs to another user than
// this.
std::string why_not_opened(const std::string& path, int error);

} // namespace apikeyd
