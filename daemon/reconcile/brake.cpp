// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/brake.hpp"

#include <algorithm>
#include <variant>

namespace apikeyd {

Brake::Heard Brake::heard(const Outcome& outcome, const RandomSource& random, MonoTime now) {
    Heard heard;
    const bool of_a_trial = trial_out_;
    trial_out_ = false;
    if (const auto* throttled = std::get_if<Throttled>(&outcome)) {
        // Answers that were under way together are one throttling.
        throttled_in_a_row_ += now >= paused_until_ ? 1 : 0;
        const auto pause =
            throttled->after ? *throttled->after : retry_delay(throttled_in_a_row_, options_.retry, random);
        paused_until_ = std::max(paused_until_, now + pause);
        heard.stop_others = true;
        answered();
    } else if (std::holds_alternative<Denied>(outcome)) {
        heard.stop_others = true;
        heard.newly_denied = !denied_ || of_a_trial;
        if (heard.newly_denied) {
            trial_at_ = now + options_.denied_retry;
        }
        answered();
        denied_ = true;
    } else if (std::holds_alternative<Applied>(outcome) || std::holds_alternative<Rejected>(outcome)) {
        throttled_in_a_row_ = 0;
        denied_ = false;
        answered();
    } else {
        failed(heard, random, now);
    }
    return heard;
}

void Brake::failed(Heard& heard, const RandomSource& random, MonoTime now) {
    ++failures_in_a_row_;
    if (denied_) {
        return; // the time of the next trial stands
    }
    if (!open_ && failures_in_a_row_ >= options_.failures_to_open) {
        open_ = heard.newly_open = heard.stop_others = true;
        failed_trials_ = 0;
        trial_at_ = now;
    }
    if (open_ && now >= trial_at_) { // not for what was under way when it opened
        ++failed_trials_;
        trial_at_ = now + retry_delay(failed_trials_, options_.retry, random);
    }
}

// By whatever stands there: it isn't dead.
void Brake::answered() noexcept {
    open_ = false;
    failures_in_a_row_ = 0;
    failed_trials_ = 0;
}

std::size_t Brake::room(std::size_t window, std::size_t outstanding, MonoTime now) const {
    if (now < paused_until_) {
        return 0;
    }
    if (one_at_a_time()) {
        return now >= trial_at_ && outstanding == 0 ? 1 : 0;
    }
    return outstanding < window ? window - outstanding : 0;
}

MonoTime Brake::opens(MonoTime at) const {
    at = std::max(at, paused_until_);
    return one_at_a_time() ? std::max(at, trial_at_) : at;
}

void Brake::handed_out(MonoTime now) {
    if (!one_at_a_time()) {
        return;
    }
    trial_out_ = true;
    if (denied_) {
        trial_at_ = now + options_.denied_retry; // also if this one brings no answer
    }
}

void Brake::taken_back(MonoTime now) {
    if (trial_out_) {
        trial_out_ = false;
        trial_at_ = std::min(trial_at_, now);
    }
}

void Brake::renew_trial(MonoTime now) {
    if (open_ && !denied_) {
        trial_at_ = std::min(trial_at_, now);
    }
}

} // namespace apikeyd
