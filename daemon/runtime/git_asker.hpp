// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <string>

namespace apikeyd::git {

// True once nobody waits for the answer any more.
using GivenUp = std::atomic<bool>;

// Asks repositories, and doesn't wait for ever. Whoever owns one can make its readers hang: with a FIFO where
// git keeps a file, which blocks who opens it.
//
// Each question runs on a thread of its own. One that takes too long is left behind, detached: nothing waits
// for it, not even the end of the process. So a question owns all that it needs and leaves its answer in
// something shared; it touches nothing that the end of a process destroys. It may look at `given_up` now and
// then to end early. So that such threads don't pile up, a path that didn't answer in time is never asked
// again.
//
// Any thread. The question's threads have the caller's signal mask.
class Asker {
  public:
    using Question = std::function<void(const GivenUp& given_up)>;

    explicit Asker(std::chrono::milliseconds patience)
        : patience_(patience) {}

    // Whether the question ended in time, and threw nothing; what it left is complete then. False at once for
    // a path that has failed to answer, or where there can be no thread. Blocks no longer than the patience.
    bool ask(const std::string& path, Question question);

  private:
    std::chrono::milliseconds patience_;
    std::mutex mutex_;
    std::set<std::string> silent_; // paths
};

} // namespace apikeyd::git
