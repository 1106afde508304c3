// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

namespace apikeyd {

// For a process that holds secrets in its memory: no core dump, no tracer of the same user, and files that it
// makes are its owner's alone. Before anything secret is read. Throws std::system_error.
void harden_process();

// Overwrites what functions that have returned left on this thread's stack: copies in buffers of libraries,
// and registers that were put aside. Costs some microseconds.
void wipe_unused_stack() noexcept;

// The umask that the process was started with, for files that aren't secret: reports. For one thread alone:
// to look at it takes setting it.
mode_t umask_of_caller();

} // namespace apikeyd
