// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/commands.hpp"
#include "daemon/cli/converger.hpp"
#include "daemon/cli/drift_output.hpp"
#include "daemon/cli/drift_words.hpp"
#include "daemon/cli/looking.hpp"
#include "daemon/cli/planning.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/git_commit.hpp"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <set>
#include <utility>

namespace apikeyd {

namespace {

// Only where it was asked for here, by a flag or in the environment: a settings file that lets the daemon
// look must not make a report send.
bool wants_refresh(const CommandLine& line) {
    if (const auto flag = line.sources.flags.find("reconcile.refresh"); flag != line.sources.flags.end()) {
        return flag->second == "probe";
    }
    const auto variable = line.sources.environment.find("APIKEYD_REFRESH");
    return variable != line.sources.environment.end() && variable->second == "probe";
}

// The state to record in; where a daemon holds it, a copy, so that looking needs no stop of the daemon.
StateStore state_to_look_with(const std::string& path) {
    try {
        return open_state(path);
    } catch (const StateError& error) {
        if (error.kind() != StateError::Kind::locked) {
            throw;
        }
        std::cerr << "apikeyd: " << error.what()
                  << "; what the looks show goes into this report alone, and is not recorded\n";
        return StateStore::open_copy(path);
    }
}

// What kept a look from telling, as problems of the report.
void add_problems(DriftReport& report, const Looked& looked) {
    for (const auto& [id, why] : looked.missing) {
        report.problems.push_back(fmt::format("{} could not be looked at: {}", id.to_string(), why));
    }
    if (!looked.stopped.empty()) {
        report.problems.push_back("looking stopped: " + looked.stopped);
    }
}

DriftReport look_and_report(const Settings& settings, const CommandLine& line, DesiredState loaded) {
    const auto commit = commit_of(settings.keys, loaded);
    auto desired = std::make_shared<const DesiredState>(std::move(loaded));
    StateStore store = state_to_look_with(settings.state);
    if (const auto suspension = suspension_in_force(store, current_time().wall)) {
        DriftReport report = drift_from(&store, *desired, commit, settings);
        report.problems.push_back("no key was looked at: " + describe_suspended(*suspension, true));
        return report;
    }
    std::vector<Change> probes = plan_probes(*desired, *store.known());
    DriftReport report;
    look_at_keys(settings, line, std::move(store), desired, std::move(probes),
                 [&](const Looked& looked, StateStore& seen) {
                     std::set<KeyId> probed;
                     for (const auto& [id, key] : looked.found) {
                         probed.insert(id);
                     }
                     report = drift_from(&seen, *desired, commit, settings, probed);
                     add_problems(report, looked);
                 });
    return report;
}

} // namespace

int drift_command(const CommandLine& line) {
    const bool look = wants_refresh(line);
    if (look) {
        block_signals();
    } else {
        (void)take_token_variable(); // there is no use for it
    }
    return report_drift(line, [&] {
        const Settings settings = require_settings(line);
        DesiredState desired = require_desired(settings, line);
        if (look) {
            return look_and_report(settings, line, std::move(desired));
        }
        auto commit = commit_of(settings.keys, desired);
        return plan_from_state(desired, std::move(commit), settings);
    });
}

} // namespace apikeyd
