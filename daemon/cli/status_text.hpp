// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/status/status_report.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace apikeyd {

// What concerns all keys, each as one line (`held`: with lines of its own for the commands), without a
// newline at its end; empty: there is nothing to tell.
struct StatusWords {
    std::string counts, suspension, held, last;
    std::vector<std::string> coming;
};
StatusWords status_words(const StatusReport& report, bool color);

// A line a key, and nothing else. `widest_name`: columns beyond which a name doesn't push the others further.
std::string render_status_keys(const StatusReport& report, const KeySource& next, bool color,
                               std::size_t widest_name);

// A line a key, then what concerns all. Ends with a newline.
std::string render_status_text(const StatusReport& report, const KeySource& next, bool color);

} // namespace apikeyd
