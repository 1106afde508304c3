// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/approval_file.hpp"

#include "config/text_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace apikeyd {

namespace {

constexpr std::size_t digest_size = 64 + 7; // "sha256:" and the digits

} // namespace

std::string approval_path(const std::string& state_path) {
    return state_path + ".approve";
}

void leave_approval(const std::string& state_path, const std::string& digest) {
    const std::string path = approval_path(state_path);
    const std::string fresh = path + ".new";
    // Readable for the daemon whoever writes it: a digest is no secret, and the folder keeps others out.
    const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        throw std::system_error(errno, std::generic_category(), fresh);
    }
    const bool written = write(fd, digest.data(), digest.size()) == static_cast<ssize_t>(digest.size());
    const int error = errno;
    if (close(fd) != 0 || !written || fchmodat(AT_FDCWD, fresh.c_str(), 0644, 0) != 0 ||
        rename(fresh.c_str(), path.c_str()) != 0) {
        throw std::system_error(written ? errno : error, std::generic_category(), path);
    }
}

std::optional<std::string> take_approval(const std::string& state_path) {
    const std::string path = approval_path(state_path);
    TextFile file = read_text_file(path, digest_size);
    if (file.outcome == TextFile::Outcome::missing) {
        return std::nullopt;
    }
    unlink(path.c_str());
    if (file.outcome != TextFile::Outcome::read || file.text.empty()) {
        return std::nullopt;
    }
    return std::move(file.text);
}

} // namespace apikeyd
