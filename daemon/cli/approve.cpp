// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/caller.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/done_report.hpp"
#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/request_file.hpp"
#include "state/state_store.hpp"

#include <fmt/format.h>

namespace apikeyd {

// Sends nothing and writes no state: it leaves word for the daemon, now or when it starts.
int approve_command(const CommandLine& line) {
    const Settings settings = require_settings(line);
    auto store = StateStore::open_reader(settings.state);
    const auto held = store ? store->held_plan() : std::nullopt;
    if (!held) {
        throw CommandError(exit_error, "no plan is held");
    }
    if (!digest_matches(held->digest, line.digest)) {
        throw CommandError(exit_error,
                           fmt::format("no plan with digest {} is held; the one that is held is {} ({})",
                                       line.digest, held->digest, held->why));
    }
    if (held->approved_at) {
        throw CommandError(exit_error, "this plan is approved already");
    }
    leave_request(settings.state, ApprovalRequest{held->digest, caller_name()});
    auto done = done_json("approved");
    done->set("digest", held->digest);
    done->set("count", held->ids.size());
    report_done(line,
                fmt::format("approved: {} ({} keys to be disabled); the daemon takes it from here\n",
                            held->digest, held->ids.size()),
                *done);
    return exit_ok;
}

} // namespace apikeyd
