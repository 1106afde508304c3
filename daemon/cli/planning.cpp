// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/planning.hpp"

#include "daemon/cli/converger.hpp"
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

} // namespace

DriftReport plan_from_state(const DesiredState& desired, const Settings& settings) {
    const Safeguards safeguards = safeguards_of(settings);
    const PlanOptions options{safeguards.disable_removed, safeguards.own};
    auto store = StateStore::open_reader(settings.state);
    NothingKnown nothing;
    Plan plan;
    if (store) {
        const auto known = store->known();
        plan = make_plan(desired, *known, options);
    } else {
        plan = make_plan(desired, nothing, options);
    }
    const auto held = store ? store->held_plan() : std::nullopt;
    DriftReport report = make_drift_report(desired, std::move(plan), current_time().wall);
    mark_held(report, safeguards.max_disable,
              held && held->revision == desired.digest() ? held : std::nullopt);
    return report;
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
