// SPDX-License-Identifier: Apache-2.0
#include "state/state_lock.hpp"

#include "state/private_file.hpp"
#include "state/state_error.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/file.h>
#include <unistd.h>

namespace apikeyd {

namespace {

// What the holder wrote about itself; it may be stale or empty, so it is only ever shown.
std::string holder_of(int fd) {
    std::array<char, 32> text{};
    const ssize_t size = pread(fd, text.data(), text.size(), 0);
    std::string pid;
    for (ssize_t i = 0;
         i < size && text[static_cast<std::size_t>(i)] >= '0' && text[static_cast<std::size_t>(i)] <= '9';
         ++i) {
        pid.push_back(text[static_cast<std::size_t>(i)]);
    }
    return pid.empty() ? "another process" : "process " + pid;
}

} // namespace

StateLock::StateLock(const std::string& path)
    : fd_(open_private(path)) {
    if (fd_ < 0) {
        const int error = errno;
        throw StateError(StateError::Kind::unusable,
                         fmt::format("{}: can't open the lock file: {}", path, why_not_opened(path, error)));
    }
    if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
        const int error = errno;
        const std::string holder = holder_of(fd_);
        close(fd_);
        fd_ = -1;
        if (error == EWOULDBLOCK) {
            throw StateError(
                StateError::Kind::locked,
                fmt::format("{}: {} is already the writer of this state; stop it first, or give this "
                            "one a state file of its own with --state",
                            path, holder));
        }
        throw StateError(StateError::Kind::unusable,
                         fmt::format("{}: can't lock: {}", path, std::strerror(error)));
    }
    const std::string pid = fmt::format("{}\n", getpid());
    if (ftruncate(fd_, 0) != 0 || pwrite(fd_, pid.data(), pid.size(), 0) < 0) {
        // The lock itself holds; only the courtesy of naming the holder is lost (a full disk, say).
        errno = 0;
    }
}

StateLock::~StateLock() {
    if (fd_ >= 0) {
        close(fd_);
    }
}

} // namespace apikeyd
