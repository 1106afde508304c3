// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

namespace apikeyd {

// For a process that holds secrets in its memory: no core dump, no tracer of the same user, and files that it
// makes are its owner's alone. Before anything secret is read. Throws std::system_error.
void harden_process();

// The umask that the process was started with, for files that aren't secret: reports. For one thread alone:
// to look at it takes setting it.
mode_t umask_of_caller();

} // namespace apikeyd
