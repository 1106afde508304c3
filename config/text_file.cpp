// SPDX-License-Identifier: Apache-2.0
#include "config/text_file.hpp"

#include "config/descriptor.hpp"
#include "config/secret_words.hpp"
#include "config/utf8.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

namespace apikeyd {

namespace {

TextFile refused(std::string problem, std::string hint = {}) {
    return {TextFile::Outcome::refused, {}, std::move(problem), std::move(hint)};
}

TextFile failed(std::string_view what, int error) {
    const bool missing = error == ENOENT || error == ENOTDIR;
    return {missing ? TextFile::Outcome::missing : TextFile::Outcome::refused,
            {},
            fmt::format("{}: {}", what, std::generic_category().message(error)),
            {}};
}

std::string_view kind_of(mode_t mode) noexcept {
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "a folder";
    case S_IFIFO:
        return "a FIFO";
    case S_IFSOCK:
        return "a socket";
    case S_IFCHR:
    case S_IFBLK:
        return "a device";
    default:
        return "something else";
    }
}

bool same_file(const struct stat& a, const struct stat& b) noexcept {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
           a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

// Fills what is free of the text behind its first `filled` bytes, or as much as there is. Returns errno or 0;
// then the text ends with what was read.
int fill(int file, std::string& text, std::size_t filled) {
    while (filled < text.size()) {
        const ssize_t count = ::read(file, text.data() + filled, text.size() - filled);
        if (count < 0 && errno == EAGAIN) { // whoever gave us the descriptor may have set it so
            pollfd waiting{file, POLLIN, 0};
            ::poll(&waiting, 1, -1);
            continue;
        }
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return errno;
        }
        if (count == 0) {
            break;
        }
        filled += static_cast<std::size_t>(count);
    }
    text.resize(filled);
    return 0;
}

// Reads to the end of the file or one byte past `size`, whatever comes first. Returns errno or 0.
int read_all(int file, std::size_t size, std::string& text) {
    text.resize(size + 1); // the one byte more shows whether the file has grown
    return fill(file, text, 0);
}

} // namespace

TextFile read_text_file(const std::string& path, std::uint64_t limit) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (file.get() < 0) {
        // A socket can't be opened at all; the kernel's words for that help nobody.
        return errno == ENXIO ? refused("this is a socket or a device, not a regular file")
                              : failed("can't open the file", errno);
    }
    struct stat before {};
    if (::fstat(file.get(), &before) != 0) {
        return failed("can't look at the file", errno);
    }
    if (!S_ISREG(before.st_mode)) {
        return refused(fmt::format("this is {}, not a regular file", kind_of(before.st_mode)));
    }
    const auto size = static_cast<std::uint64_t>(before.st_size);
    if (size > limit) {
        return refused(fmt::format("the file has {} bytes; at most {} MiB are read", size, limit >> 20U));
    }
    TextFile result{TextFile::Outcome::read, {}, {}, {}};
    if (const int error = read_all(file.get(), static_cast<std::size_t>(size), result.text); error != 0) {
        return refused(fmt::format("can't read the file: {}", std::generic_category().message(error)));
    }
    struct stat after {};
    if (::fstat(file.get(), &after) != 0) {
        return failed("can't look at the file", errno);
    }
    if (!same_file(before, after) || result.text.size() != size) {
        return refused("the file changed while it was read",
                       "write a new file beside it and rename that over the old one");
    }
    return result;
}

std::string name_to_show(const std::string& path) {
    const bool meant_as_path = path.starts_with('/') || path.starts_with('.') || path.ends_with(".yaml") ||
                               path.ends_with(".yml") || path.find_first_of("0123456789") == path.npos;
    struct stat found {};
    if (meant_as_path || !may_be_token(path) || ::lstat(path.c_str(), &found) == 0) {
        return path;
    }
    return fmt::format("(a path of {} characters)", count_code_points(path));
}

TextFile read_text_stream(int descriptor, std::uint64_t limit) {
    constexpr std::uint64_t first_size = 65'536;
    TextFile result{TextFile::Outcome::read, {}, {}, {}};
    std::size_t filled = 0;
    for (std::uint64_t size = first_size;; size *= 2) {
        result.text.resize(static_cast<std::size_t>(std::min(size, limit + 1)));
        const std::size_t wanted = result.text.size();
        if (const int error = fill(descriptor, result.text, filled); error != 0) {
            return refused(fmt::format("can't read: {}", std::generic_category().message(error)));
        }
        filled = result.text.size();
        if (filled > limit) {
            return refused(fmt::format("more than {} MiB; no more are read", limit >> 20U));
        }
        if (filled < wanted) {
            return result;
        }
    }
}

} // namespace apikeyd
