// SPDX-License-Identifier: Apache-2.0
// What the engine does while the state can't be read or written.
#include "daemon/plan/plan.hpp"
#include "daemon/runtime/engine.hpp"
#include "daemon/runtime/event_log.hpp"

#include <algorithm>
#include <utility>

namespace apikeyd {

namespace {

// How often a state that can't be used is tried again.
constexpr std::chrono::seconds trouble_retry{1};

} // namespace

void Engine::out_of_trouble() {
    if (std::exchange(trouble_, std::nullopt)) {
        trouble_timer_.clear();
        log_state_recovered(log_);
    }
}

void Engine::in_trouble(const StateError& error) {
    if (trouble_ != error.what()) {
        log_state_unavailable(log_, error.what());
    }
    trouble_ = error.what();
    replaced_ = replaced_ || error.kind() == StateError::Kind::replaced;
    trouble_timer_.set(current_time().mono + trouble_retry);
}

// The file at the path may be another one by now; what we know goes into it, the marks of what is under way
// first.
void Engine::recover() {
    if (replaced_) {
        try {
            store_.reopen();
            pool_.use(Fingerprinter(store_.fingerprint_key()));
        } catch (const StateError& error) {
            in_trouble(error);
            return;
        }
        replaced_ = false;
        recorded_.reset();
        reconciler_.forget_fingerprints();
        pending_.batch.suspension.emplace(suspension_);
        std::vector<KnownKey> marks = reconciler_.marks();
        pending_.batch.keys.insert(pending_.batch.keys.begin(), marks.begin(), marks.end());
        if (desired_) {
            refresh_wanted_ = refresh_wanted_ || reconciler_.refreshing();
            request_plan();
        }
        take_back();
    } else {
        flush();
        see_whether_it_reads();
    }
    stepped();
}

// Where there is nothing to write, nothing else would tell that the trouble is over.
void Engine::see_whether_it_reads() {
    if (!trouble_ || !pending_.batch.empty()) {
        return;
    }
    try {
        (void)store_.held_plan();
        out_of_trouble();
    } catch (const StateError& error) {
        in_trouble(error);
    }
}

// What is decided and can't be recorded has not been sent either, and an answer that can't be recorded is
// known to nobody else. So until it is, keys stand as whoever reads the state sees them; one look at all of
// them for each desired state.
void Engine::count_recorded() {
    if (!desired_ || (recorded_ && recorded_->desired == desired_)) {
        return;
    }
    try {
        const Safeguards& safeguards = options_.safeguards;
        const auto held = store_.held_plan();
        const Plan plan = make_plan(*desired_, *store_.known(), {safeguards.disable_removed, safeguards.own});
        KeyTally tally;
        tally.begin(desired_, plan);
        for (const Change& change : plan.changes) {
            if (held && !held->approved_at && std::ranges::binary_search(held->ids, change.id)) {
                tally.set(change.id, KeyState::held);
            } else if (refused_own() == change.id && change.disables()) {
                tally.set(change.id, KeyState::rejected);
            }
        }
        recorded_ = Recorded{desired_, tally.counts()};
    } catch (const StateError&) {
        recorded_.reset(); // it can't be read either: nobody sees anything
    }
}

} // namespace apikeyd
