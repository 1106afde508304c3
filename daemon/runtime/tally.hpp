// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/key.hpp"
#include "config/time.hpp"
#include "daemon/reconcile/event.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>

namespace apikeyd {

// What the events since the last plan add up to: how the keys stand. A value.
class Tally {
  public:
    void heed(const Event& event);

    std::uint64_t managed() const noexcept { return managed_; } // keys of the file
    std::uint64_t changes() const noexcept { return changes_; } // that the plan wanted
    // Keys whose values the API, or the guard of our own key, refuses.
    std::uint64_t rejected() const noexcept { return rejected_ + refused_.size(); }
    // No answer on which the knowledge of the keys rests is older; nothing: there is none.
    const std::optional<WallTime>& oldest_answer() const noexcept { return oldest_answer_; }
    // Why the API was taken for dead the last time.
    const std::string& unavailable() const noexcept { return unavailable_; }

  private:
    std::uint64_t managed_ = 0;
    std::uint64_t changes_ = 0;
    std::uint64_t rejected_ = 0;        // when the plan was made
    std::unordered_set<KeyId> refused_; // since
    std::optional<WallTime> oldest_answer_;
    std::string unavailable_;
};

} // namespace apikeyd
