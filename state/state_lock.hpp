// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

namespace apikeyd {

// The one-writer rule: an flock(2) on a file beside the state, which the kernel drops when the process dies,
// however it dies. The file stays; only the lock on it means anything.
class StateLock {
  public:
    // Throws StateError (locked, naming the holder's pid; or unusable). Doesn't wait.
    explicit StateLock(const std::string& path);
    ~StateLock();
    StateLock(StateLock&& other) noexcept
        : fd_(other.fd_) {
        other.fd_ = -1;
    }
    StateLock& operator=(StateLock&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }

  private:
    int fd_ = -1;
};

} // namespace apikeyd
