// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/watch_points.hpp"

#include "config/desired_loader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace apikeyd {

namespace {

constexpr int max_links = 40; // as the kernel's own limit (path_resolution(7))

std::deque<std::string> components(std::string_view path) {
    std::deque<std::string> parts;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const auto part = path.substr(0, slash);
        if (!part.empty() && part != ".") {
            parts.emplace_back(part);
        }
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    }
    return parts;
}

std::string join(const std::string& folder, const std::string& name) {
    return folder == "/" ? "/" + name : folder + "/" + name;
}

std::string parent(const std::string& folder) {
    const auto slash = folder.rfind('/');
    return slash == 0 || slash == std::string::npos ? "/" : folder.substr(0, slash);
}

std::optional<std::string> link_target(const std::string& path) {
    std::array<char, PATH_MAX> target{};
    const ssize_t size = readlink(path.c_str(), target.data(), target.size());
    return size > 0 ? std::optional(std::string(target.data(), static_cast<std::size_t>(size)))
                    : std::nullopt;
}

// Follows one path, and notes what to watch on the way.
class Walk {
  public:
    explicit Walk(WatchPoints& points)
        : points_(points) {}

    // The folder that the path leads to; nothing if it leads to a file or nowhere.
    std::optional<std::string> follow(const std::string& path) {
        std::deque<std::string> rest = components(path);
        std::string folder = "/";
        for (int links = 0; !rest.empty();) {
            const std::string name = std::move(rest.front());
            rest.pop_front();
            points_[folder]; // to notice when it goes away itself
            if (name == "..") {
                folder = parent(folder);
                continue;
            }
            const std::string here = join(folder, name);
            struct stat info {};
            if (lstat(here.c_str(), &info) != 0) {
                note(folder, name);
                return std::nullopt;
            }
            if (S_ISLNK(info.st_mode)) {
                note(folder, name);
                const auto target = link_target(here);
                if (!target || ++links > max_links) {
                    return std::nullopt;
                }
                std::deque<std::string> inserted = components(*target);
                rest.insert(rest.begin(), inserted.begin(), inserted.end());
                folder = target->starts_with('/') ? "/" : folder;
            } else if (S_ISDIR(info.st_mode)) {
                // It doesn't tell itself that it was deleted while some process is still in it.
                points_[folder].names.insert(name);
                folder = here;
            } else {
                note(folder, name);
                return std::nullopt;
            }
        }
        points_[folder];
        return folder;
    }

  private:
    // Whatever is found at this name now, a file may take its place.
    void note(const std::string& folder, const std::string& name) {
        FolderWatch& watch = points_[folder];
        watch.names.insert(name);
        watch.contents = true;
    }

    WatchPoints& points_;
};

// The files that make up the content: the file itself, or those of a folder.
std::vector<std::string> content_files(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
        return {path};
    }
    std::vector<std::string> files;
    for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
         entry.increment(error)) {
        if (is_desired_file_name(entry->path().filename().string())) {
            files.push_back(entry->path().string());
        }
    }
    std::ranges::sort(files);
    return files;
}

std::int64_t nanoseconds(const struct timespec& time) {
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

// Whether others may change files there behind the kernel's back.
bool is_blind(const struct statfs& info) {
    // statfs(2) and linux/magic.h: NFS, SMB, CIFS, SMB2, FUSE, 9P, Ceph, AFS, Coda.
    constexpr std::array<std::uint32_t, 9> blind = {
        0x6969, 0x517B, 0xFF534D42, 0xFE534D42, 0x65735546, 0x01021997, 0x00C36400, 0x5346414F, 0x73757245};
    return std::ranges::find(blind, static_cast<std::uint32_t>(info.f_type)) != blind.end();
}

} // namespace

bool FolderWatch::concerns(const std::string& name) const {
    return names.contains(name) || (every_file && is_desired_file_name(name));
}

WatchPoints find_watch_points(const std::string& path) {
    std::error_code error;
    const std::string absolute = std::filesystem::absolute(path, error).string();
    WatchPoints points;
    Walk walk(points);
    const auto folder = walk.follow(error ? path : absolute);
    if (folder) {
        points[*folder].every_file = true;
        points[*folder].contents = true;
        for (const std::string& file : content_files(*folder)) {
            if (std::filesystem::is_symlink(file, error)) {
                walk.follow(file);
            }
        }
    }
    return points;
}

ContentStamp stamp_of(const std::string& path) {
    ContentStamp stamp;
    for (const std::string& file : content_files(path)) {
        struct stat info {};
        if (stat(file.c_str(), &info) == 0) {
            stamp.files.push_back({file, info.st_dev, info.st_ino, info.st_size, nanoseconds(info.st_mtim),
                                   nanoseconds(info.st_ctim)});
        }
    }
    return stamp;
}

BeingWritten is_being_written(const std::string& file) {
    const int fd = open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT || errno == ENOTDIR ? BeingWritten::no : BeingWritten::unknown;
    }
    struct statfs info {};
    BeingWritten answer = BeingWritten::unknown;
    // fcntl(2): EAGAIN where the file is open for writing; EACCES where it isn't ours to ask. NFS and SMB say
    // EAGAIN for reasons of their own.
    if (fstatfs(fd, &info) == 0 && !is_blind(info)) {
        if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
            answer = BeingWritten::no;
        } else if (errno == EAGAIN) {
            answer = BeingWritten::yes;
        }
    }
    close(fd); // gives the lease back
    return answer;
}

bool inotify_sees_all(const std::string& path) {
    struct statfs info {};
    std::string existing = path;
    while (statfs(existing.c_str(), &info) != 0) {
        if (existing == "/" || existing == "." || existing.empty()) {
            return true;
        }
        existing = existing.find('/') == std::string::npos ? "." : parent(existing);
    }
    return !is_blind(info);
}

} // namespace apikeyd
