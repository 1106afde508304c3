// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the history begins once its oldest rows were pruned. Internal to state/.

#include "state/history_chain.hpp"

#include <string>

namespace apikeyd {

// The end of the detail of the row that tells of a pruning: names the anchor, and so puts it into the chain.
std::string anchor_text(const history_chain::Mark& anchor);

} // namespace apikeyd
