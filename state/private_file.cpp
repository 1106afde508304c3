// SPDX-License-Identifier: Apache-2.0
#include "state/private_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace apikeyd {

namespace {

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// A failure shows later, and where it matters: that user can't open it.
void give_to_owner_of_folder(int fd, const std::string& path) {
    struct stat folder {};
    if (geteuid() == 0 && stat(folder_of(path).c_str(), &folder) == 0 && folder.st_uid != 0 &&
        fchown(fd, folder.st_uid, folder.st_gid) != 0) {
        errno = 0;
    }
}

} // namespace

int open_private(const std::string& path) {
    constexpr int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    // Only what is new is given away: the folder's owner could have put a link to somebody else's file there.
    const int made = open(path.c_str(), flags | O_CREAT | O_EXCL, 0600);
    if (made >= 0) {
        give_to_owner_of_folder(made, path);
        return made;
    }
    return errno == EEXIST ? open(path.c_str(), flags) : -1;
}

// The folder's owner may put a link in the file's place at any moment, and root may follow it anywhere: so
// the file is held, and changed by what holds it. O_PATH, since to close any other descriptor of it would
// drop the locks that SQLite has on it.
void narrow_private(const std::string& path) {
    const int held = open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (held < 0) {
        return;
    }
    struct stat info {};
    if (fstat(held, &info) == 0 && S_ISREG(info.st_mode)) {
        (void)!chmod(fmt::format("/proc/self/fd/{}", held).c_str(),
                     info.st_mode & 07777 & ~(S_IWGRP | S_IXGRP | S_IRWXO));
    }
    close(held);
}

std::string why_not_opened(const std::string& path, int error) {
    std::string why = std::strerror(error);
    struct stat file {};
    if (error == EACCES && lstat(path.c_str(), &file) == 0 && file.st_uid != geteuid()) {
        why += fmt::format("; it belongs to user {}, and this is user {}. Give it the owner of its folder: "
                           "chown --reference={} {}",
                           file.st_uid, geteuid(), folder_of(path), path);
    }
    return why;
}

} // namespace apikeyd
