// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"

namespace apikeyd {

// A token bucket: `rate` a second on average, and at most one second's worth at once (never less than one).
class RateLimiter {
  public:
    explicit RateLimiter(double rate)
        : rate_(rate)
        , tokens_(capacity()) {}

    // When the next one may go; `now` or earlier: at once.
    MonoTime next(MonoTime now) const;
    void take(MonoTime now);

  private:
    double capacity() const { return rate_ > 1 ? rate_ : 1; }
    double tokens_at(MonoTime now) const;

    double rate_; // 0: no limit
    double tokens_;
    MonoTime counted_at_{};
};

} // namespace apikeyd
