// SPDX-License-Identifier: Apache-2.0
#include "state/history_anchor.hpp"

#include <fmt/format.h>

namespace apikeyd {

std::string anchor_text(const history_chain::Mark& anchor) {
    return fmt::format(" up to row {}, {}", anchor.seq, to_string(anchor.chain));
}

} // namespace apikeyd
