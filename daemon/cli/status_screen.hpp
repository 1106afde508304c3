// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/terminal.hpp"
#include "daemon/status/status_report.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace apikeyd {

// Of the keys that are to be shown what a window may have room for.
struct KeyPick {
    std::uint64_t all = 0;          // how many there are
    std::vector<KnownKey> first;    // of them, by id
    std::vector<KnownKey> troubled; // of those in doubt, rejected or held, by id
};
KeyPick pick_keys(const KeySource& next, const StatusReport& report, std::size_t most);

// What `status --watch` knows.
struct StatusView {
    std::string path;                   // of the state
    std::optional<StatusReport> report; // nothing: there is no state, or it could never be read
    KeyPick keys;
    std::string trouble; // why the state can't be read now; what is shown was read before
};

// The lines of a window of this size, which they fit into. What concerns all comes first, then the keys: by
// id, or, where there is no room for all, those in trouble before the others, and how many more there are.
// Pure.
std::vector<std::string> status_screen(const StatusView& view, WallTime now, TerminalSize size, bool color);

} // namespace apikeyd
