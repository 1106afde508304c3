// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "config/time.hpp"
#include "daemon/reconcile/event.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace apikeyd {

// What the events since the last plan add up to. How the keys stand, the reconciler counts (KeyTally). A
// value.
class Tally {
  public:
    // `desired`: what is in force, which tells when every key of it was answered; nullptr: not known.
    void heed(const Event& event, const DesiredState* desired = nullptr);

    std::uint64_t managed() const noexcept { return managed_; } // keys of the file
    std::uint64_t changes() const noexcept { return changes_; } // that the plan wanted
    // No answer on which the knowledge of the keys rests is older; nothing: there is none.
    const std::optional<WallTime>& oldest_answer() const noexcept { return oldest_answer_; }
    // Why the API was taken for dead the last time.
    const std::string& unavailable() const noexcept { return unavailable_; }

  private:
    void answered(const KeyUpdated& updated, const DesiredState* desired);

    std::uint64_t managed_ = 0;
    std::uint64_t changes_ = 0;
    std::optional<WallTime> oldest_answer_;
    // Of the round that goes on until each managed key was answered in it; then what came before counts no
    // more. A bit a key, in the order of the desired state.
    std::vector<bool> in_round_;
    std::uint64_t round_size_ = 0;
    std::optional<WallTime> round_oldest_;
    std::string unavailable_;
};

} // namespace apikeyd
