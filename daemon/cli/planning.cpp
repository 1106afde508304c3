// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/planning.hpp"

#include "daemon/runtime/event_loop.hpp"
#include "state/state_store.hpp"

#include <unistd.h>
#include <utility>

namespace apikeyd {

namespace {

// A state in which nothing is known.
class NothingKnown final : public KnownSequence {
  public:
    const KnownKey* next() override { return nullptr; }
};

Plan plan_of(const DesiredState& desired, const std::string& state_path) {
    if (auto store = StateStore::open_reader(state_path)) {
        const auto known = store->known();
        return make_plan(desired, *known);
    }
    NothingKnown nothing;
    return make_plan(desired, nothing);
}

} // namespace

DriftReport plan_from_state(const DesiredState& desired, const std::string& state_path) {
    return make_drift_report(desired, plan_of(desired, state_path), current_time().wall);
}

int print_drift(const DriftReport& report, const CommandLine& line) {
    if (!line.quiet) {
        print(line.format == OutputFormat::json
                  ? render_drift_json(report)
                  : render_drift_text(report, wants_color(line, STDOUT_FILENO)));
    }
    return report.in_sync() ? exit_ok : exit_differences;
}

} // namespace apikeyd
