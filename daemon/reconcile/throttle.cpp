// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/throttle.hpp"

#include <algorithm>
#include <cmath>

namespace apikeyd {

double RateLimiter::tokens_at(MonoTime now) const {
    const std::chrono::duration<double> passed = std::max(now - counted_at_, MonoTime::duration::zero());
    return std::min(capacity(), tokens_ + passed.count() * rate_);
}

MonoTime RateLimiter::next(MonoTime now) const {
    const MonoTime from = std::max(now, counted_at_); // before that there is nothing to ask about
    const double tokens = tokens_at(from);
    if (rate_ <= 0 || tokens >= 1) {
        return rate_ <= 0 ? now : from;
    }
    // Rounded up, or the wake-up would come a nanosecond before the token.
    return from +
           std::chrono::nanoseconds(static_cast<std::int64_t>(std::ceil((1 - tokens) / rate_ * 1e9)) + 1);
}

void RateLimiter::take(MonoTime now) {
    if (rate_ > 0) {
        tokens_ = tokens_at(now) - 1;
        counted_at_ = now;
    }
}

} // namespace apikeyd
