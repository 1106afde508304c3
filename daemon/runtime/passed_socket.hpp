// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace apikeyd {

// The one stream socket that systemd listens on for this service (sd_listen_fds(3)); it stays open, and the
// process's, to its end. Throws std::runtime_error where none was passed, several were, or another kind.
int passed_socket();

} // namespace apikeyd
