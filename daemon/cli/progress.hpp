// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"
#include "daemon/reconcile/reconciler.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace apikeyd {

// How fast it goes, from what was done at some moments: over the last seconds, so that a pause shows soon and
// is soon forgotten. Pure.
class ProgressMeter {
  public:
    // At a later moment than the one before. What is done may begin anew: with a new plan, or after the
    // looks.
    void sample(std::uint64_t done, MonoTime now);
    // A second; nothing: not known yet, or nothing goes on.
    std::optional<double> rate() const;

  private:
    struct Sample {
        MonoTime at;
        std::uint64_t done;
    };
    std::deque<Sample> samples_;
};

// One line for a terminal that fits into so many columns; what matters least is left out first.
std::string progress_bar(const Progress& progress, std::optional<double> rate, MonoTime now,
                         std::size_t width);

// The same as a sentence, for a pipe: "done: 1200 of 5000 keys, 300/s, about 13 s left".
std::string progress_sentence(const Progress& progress, std::optional<double> rate, MonoTime now);

} // namespace apikeyd
