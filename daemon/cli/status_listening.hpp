// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.hpp"
#include "daemon/status/status_service.hpp"

#include <memory>

namespace apikeyd {

// The status server, with its address taken; nullptr: none is wanted. Throws ListenError where the address
// can't be had, and CommandError (78) where systemd passes none, or one that may not be.
std::unique_ptr<StatusService> make_status_service(const Settings& settings);

} // namespace apikeyd
