// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/file_watcher.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace apikeyd {

namespace {

constexpr std::uint32_t self_events = IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;
constexpr std::uint32_t entry_events =
    IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB;

// A rename or a link puts something whole in its place; a file that was created is still to be written.
bool arrives_whole(std::uint32_t mask, const std::string& path) {
    if ((mask & IN_MOVED_TO) != 0) {
        return true;
    }
    struct stat info {};
    if ((mask & IN_CREATE) == 0 || lstat(path.c_str(), &info) != 0) {
        return false;
    }
    return S_ISLNK(info.st_mode) || (S_ISREG(info.st_mode) && info.st_nlink > 1);
}

} // namespace

FileWatcher::FileWatcher(EventLoop& loop, std::string path, std::function<void()> changed, bool polling,
                         WatchTiming timing)
    : loop_(loop)
    , path_(std::move(path))
    , changed_(std::move(changed))
    , polling_(polling)
    , timing_(timing)
    , inotify_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK))
    , settle_timer_(loop, [this] { settle(); })
    , poll_timer_(loop, [this] { poll(); }) {
    if (inotify_ < 0) {
        throw std::system_error(errno, std::generic_category(), "inotify_init1");
    }
    loop.on_readable(inotify_, [this] { read_events(); });
    rewatch();
    settle_within(std::chrono::milliseconds{0});
    polled_ = looked_at_;
    if (polling_) {
        poll_timer_.set(current_time().mono + timing_.poll);
    }
}

FileWatcher::~FileWatcher() {
    close(inotify_);
}

void FileWatcher::look() {
    rewatch();
    settle_within(std::chrono::milliseconds{0});
}

void FileWatcher::read_events() {
    alignas(inotify_event) std::array<char, 64 * 1024> buffer{};
    for (ssize_t size = 0; (size = read(inotify_, buffer.data(), buffer.size())) > 0;) {
        for (ssize_t at = 0; at < size;) {
            const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
            at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
            heed(event->wd, event->mask, event->len > 0 ? event->name : "");
        }
    }
    if (std::exchange(stale_, false)) {
        rewatch();
    }
}

void FileWatcher::heed(int descriptor, std::uint32_t mask, const std::string& name) {
    if ((mask & IN_Q_OVERFLOW) != 0) { // events were lost: anything may have happened
        stale_ = true;
        settle_within(timing_.unseen);
        return;
    }
    const auto found = watches_.find(descriptor);
    if (found == watches_.end()) {
        return; // of a folder that is watched no more
    }
    if ((mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) != 0) {
        stale_ = true;
        settle_within(timing_.gone);
        return;
    }
    const auto& [folder, watch] = found->second;
    if (!watch.concerns(name)) {
        return;
    }
    if ((mask & IN_MODIFY) != 0) {
        if (settle_timer_.armed()) {
            settle_within(timing_.unseen); // a writer is at it again: its close will tell
        }
        return;
    }
    stale_ = true;
    if (arrives_whole(mask, folder + "/" + name)) {
        settle_within(std::chrono::milliseconds{0});
    } else if ((mask & IN_CLOSE_WRITE) != 0) {
        settle_within(timing_.in_place);
    } else if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
        settle_within(timing_.gone);
    } else if (!settle_timer_.armed()) { // created, or other permissions
        settle_within(timing_.unseen);
    }
}

// Watches are set first and the way walked again after: what changed in between is seen by one or the other.
void FileWatcher::rewatch() {
    for (int tries = 0; tries < 5; ++tries) {
        WatchPoints points = find_watch_points(path_);
        watch_all(points);
        const bool same = points == points_;
        points_ = std::move(points);
        if (same) {
            return;
        }
    }
}

void FileWatcher::watch_all(const WatchPoints& points) {
    std::map<int, Watched> watches;
    for (const auto& [folder, watch] : points) {
        const std::uint32_t events = watch.contents ? self_events | entry_events : self_events;
        const int descriptor = inotify_add_watch(inotify_, folder.c_str(), events);
        if (descriptor >= 0) {
            watches[descriptor].folder = folder;
            FolderWatch& known = watches[descriptor].watch; // two ways may lead to one folder
            known.contents = known.contents || watch.contents;
            known.every_file = known.every_file || watch.every_file;
            known.names.insert(watch.names.begin(), watch.names.end());
        } else if (errno == ENOSPC || errno == ENOMEM) {
            polling_ = true; // no more watches to be had
            poll_timer_.set(current_time().mono + timing_.poll);
        }
    }
    for (const auto& [descriptor, watch] : watches_) {
        if (!watches.contains(descriptor)) {
            inotify_rm_watch(inotify_, descriptor);
        }
    }
    watches_ = std::move(watches);
}

void FileWatcher::settle_within(std::chrono::milliseconds delay) {
    settle_delay_ = delay;
    looked_at_ = stamp_of(path_);
    settle_timer_.set(current_time().mono + delay);
}

void FileWatcher::settle() {
    const ContentStamp stamp = stamp_of(path_);
    if (stamp != looked_at_ || is_being_written(stamp)) {
        settle_within(timing_.unseen);
        return;
    }
    fire();
}

// Two looks that agree, and differ from what was last told.
void FileWatcher::poll() {
    ContentStamp stamp = stamp_of(path_);
    if (!settle_timer_.armed() && stamp == polled_ && fired_ != stamp && !is_being_written(stamp)) {
        fire();
    }
    polled_ = std::move(stamp);
    poll_timer_.set(current_time().mono + timing_.poll);
}

void FileWatcher::fire() {
    settle_timer_.clear();
    fired_ = looked_at_ = stamp_of(path_);
    changed_();
}

} // namespace apikeyd
