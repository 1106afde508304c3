// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace apikeyd {

// The user who runs this command, for the audit trail: the one behind sudo where root does it for somebody. A
// note for people and no proof: whoever may write the state may write any name.
std::string caller_name();

} // namespace apikeyd
