// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "config/time.hpp"
#include "daemon/api/retry.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace apikeyd {

// When to assert which key again: each once an interval, one after the other, spread over it with jitter and
// not as one burst.
class Resync {
  public:
    explicit Resync(std::chrono::seconds interval)
        : interval_(interval) {}

    // A desired state of so many keys is in force from now on; the first is due a whole round's share later.
    void begin(std::size_t keys, const RandomSource& random, MonoTime now);

    // The positions (in the desired state's order) that are due; the next come later.
    std::vector<std::size_t> due(const RandomSource& random, MonoTime now);

    std::optional<MonoTime> next() const;

  private:
    MonoTime::duration share(const RandomSource& random) const;

    std::chrono::seconds interval_; // 0: never
    std::size_t keys_ = 0;
    std::size_t position_ = 0;
    MonoTime at_{};
};

} // namespace apikeyd
