// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/status/status_report.hpp"

#include <optional>
#include <string>
#include <vector>

namespace apikeyd {

// The keys that pass, from the state, which must outlive it, as must the others.
KeySource keys_to_show(StateStore& store, const StatusFilter& filter, const StatusReport& report);

// What the desired file will change by itself, of the keys that pass. Nothing: it can't be read, which is no
// reason to show nothing of the state; what is wrong with it, `validate` and the log tell.
std::optional<std::vector<Upcoming>> upcoming_by_the_file(const std::string& path, const StatusFilter& filter,
                                                          StateStore& store, WallTime now);

} // namespace apikeyd
