// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <utility>

namespace apikeyd::sandbox {

// A value that can't be reached without its mutex.
template <typename T>
class Guarded {
  public:
    template <typename... Arguments>
    explicit Guarded(Arguments&&... arguments)
        : value_{std::forward<Arguments>(arguments)...} {}

    // What `use` returns must not refer into the value.
    template <typename Use>
    auto with(Use&& use) {
        const std::lock_guard lock(mutex_);
        return std::forward<Use>(use)(value_);
    }

  private:
    std::mutex mutex_;
    T value_;
};

} // namespace apikeyd::sandbox
