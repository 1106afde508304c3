// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace apikeyd {

// For a process that holds secrets in its memory: no core dump, no tracer of the same user, and files that it
// makes are its owner's alone. Before anything secret is read. Throws std::system_error.
void harden_process();

} // namespace apikeyd
