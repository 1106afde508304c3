// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/planning.hpp"

#include "config/utf8.hpp"
#include "daemon/cli/converger.hpp"
#include "daemon/cli/drift_words.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "state/state_store.hpp"

#include <algorithm>
#include <utility>

namespace apikeyd {

namespace {

// A state in which nothing is known.
class NothingKnown final : public KnownSequence {
  public:
    const KnownKey* next() override { return nullptr; }
};

void mark_probed(DriftReport& report, const std::set<KeyId>& probed) {
    const auto mark = [&](DriftReport::Item& item) {
        if (probed.contains(item.change.id)) {
            item.evidence = Evidence::probed;
        }
    };
    std::ranges::for_each(report.items, mark);
    std::ranges::for_each(report.rejected, mark, &DriftReport::Note::item);
    std::ranges::for_each(report.unmanaged_doubt, mark, &DriftReport::Note::item);
}

} // namespace

CommandError suspended_error(const Suspension& suspension, bool looks) {
    return {exit_error, visible_text(describe_suspended(suspension, looks)) + "; `apikeyd resume` ends that"};
}

DriftReport drift_from(StateStore* store, const DesiredState& desired, std::optional<Commit> commit,
                       const Settings& settings, const std::set<KeyId>& probed) {
    const Safeguards safeguards = safeguards_of(settings);
    const PlanOptions options{safeguards.disable_removed, safeguards.own};
    NothingKnown nothing;
    Plan plan;
    if (store != nullptr) {
        const auto known = store->known();
        plan = make_plan(desired, *known, options);
    } else {
        plan = make_plan(desired, nothing, options);
    }
    const auto spared = safeguards.own.may_be_disabled ? std::nullopt : plan.own_id;
    DriftReport report = make_drift_report(desired, std::move(plan), current_time().wall);
    report.commit = std::move(commit);
    const auto held = store != nullptr ? store->held_plan() : std::nullopt;
    mark_held(report, safeguards.max_disable,
              held && held->revision == desired.intent() ? held : std::nullopt, spared);
    report.upcoming = upcoming_changes(desired, store);
    if (store != nullptr) {
        report.suspension = suspension_in_force(*store, report.generated_at);
    }
    mark_probed(report, probed);
    return report;
}

DriftReport plan_from_state(const DesiredState& desired, std::optional<Commit> commit,
                            const Settings& settings) {
    auto store = StateStore::open_reader(settings.state);
    return drift_from(store ? &*store : nullptr, desired, std::move(commit), settings);
}

} // namespace apikeyd
