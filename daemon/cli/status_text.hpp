// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/status/status_report.hpp"

#include <string>

namespace apikeyd {

// A line a key, then what concerns all. Ends with a newline.
std::string render_status_text(const StatusReport& report, const KeySource& next, bool color);

} // namespace apikeyd
