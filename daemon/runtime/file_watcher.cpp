// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/file_watcher.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace apikeyd {

namespace {

constexpr std::uint32_t self_events = IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;
constexpr std::uint32_t end_events = IN_DELETE | IN_MOVED_TO; // of an entry: it is gone, or is another
constexpr std::uint32_t entry_events =
    IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB;
constexpr int max_rounds = 10; // of setting watches while the way changes

std::uint32_t events_for(const FolderWatch& watch) {
    return self_events | (watch.contents ? entry_events : watch.names.empty() ? 0 : end_events);
}

// What an entry is that has just come to be.
enum class Arrival { whole, begun, unknown };

// A link puts something whole in its place; a file that is created is still to be written. One that isn't
// empty has either been linked there or been written since, and then an event of that follows.
Arrival arrival_of(const std::string& path) {
    struct stat info {};
    if (lstat(path.c_str(), &info) != 0) {
        return Arrival::unknown;
    }
    if (S_ISLNK(info.st_mode) || (S_ISREG(info.st_mode) && info.st_nlink > 1)) {
        return Arrival::whole;
    }
    return S_ISREG(info.st_mode) && info.st_size == 0 ? Arrival::begun : Arrival::unknown;
}

// Whether a file is in the stamp as it is now, but for its permissions.
bool has_same_content(const ContentStamp& stamp, const ContentStamp::File& now) {
    const auto then = std::ranges::lower_bound(stamp.files, now.path, {}, &ContentStamp::File::path);
    return then != stamp.files.end() && then->path == now.path && then->device == now.device &&
           then->inode == now.inode && then->size == now.size && then->modified_ns == now.modified_ns;
}

bool written_within(const ContentStamp& stamp, std::chrono::milliseconds time) {
    const std::chrono::nanoseconds now = current_time().wall.time_since_epoch();
    return std::ranges::any_of(stamp.files, [&](const ContentStamp::File& file) {
        return now - std::chrono::nanoseconds{file.modified_ns} < time;
    });
}

} // namespace

FileWatcher::FileWatcher(EventLoop& loop, std::string path, std::function<void()> changed, bool polling,
                         std::function<void(const std::string& why)> delayed, WatchTiming timing)
    : path_(std::move(path))
    , changed_(std::move(changed))
    , delayed_(std::move(delayed))
    , polling_(polling)
    , timing_(timing)
    , inotify_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK))
    , settle_timer_(loop, [this] { settle(); })
    , poll_timer_(loop, [this] { poll(); }) {
    if (inotify_ < 0) {
        throw std::system_error(errno, std::generic_category(), "inotify_init1");
    }
    loop.on_readable(inotify_, [this] { read_events(); });
    look();
}

FileWatcher::~FileWatcher() {
    close(inotify_);
}

void FileWatcher::look() {
    unwitnessed_ = true;
    rewatch();
    settle_within(std::chrono::milliseconds{0});
}

void FileWatcher::look_now() {
    look();
    settle();
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
        unclosed_.clear();
        unwitnessed_ = true;
        stale_ = true;
        settle_within(timing_.quiet);
        return;
    }
    const auto found = watches_.find(descriptor);
    if (found == watches_.end()) {
        return; // of a folder that is watched no more
    }
    if ((mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) != 0) {
        stale_ = true;
        settle_within(timing_.gone);
    } else if (name.empty()) { // the folder itself: other permissions
        stale_ = true;
        settle_if_idle();
    } else {
        heed_entry(descriptor, found->second, mask, name);
    }
}

void FileWatcher::heed_entry(int descriptor, const Watched& watched, std::uint32_t mask,
                             const std::string& name) {
    if ((mask & (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)) != 0) {
        unclosed_.erase({descriptor, name});
    }
    if (!watched.watch.concerns(name)) {
        return;
    }
    const std::string path = watched.folder + "/" + name;
    const bool created = (mask & IN_CREATE) != 0;
    const Arrival arrival = (mask & IN_MOVED_TO) != 0 ? Arrival::whole
                            : created                 ? arrival_of(path)
                                                      : Arrival::unknown;
    if ((mask & IN_MODIFY) != 0 || arrival == Arrival::begun) {
        if (const auto key = std::pair{descriptor, name}; !unclosed_.contains(key)) {
            unclosed_[key] = {stamp_of(path), current_time().mono};
        }
    }
    if ((mask & IN_MODIFY) != 0) { // its close will tell
        settle_if_idle();
        return;
    }
    stale_ = true;
    if (arrival == Arrival::whole) {
        vouch();
        settle_within(std::chrono::milliseconds{0});
    } else if ((mask & IN_CLOSE_WRITE) != 0) {
        vouch();
        settle_within(timing_.in_place);
    } else if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
        settle_within(timing_.gone);
    } else { // created, or other permissions
        // A folder may have been filled before it is watched.
        unwitnessed_ = unwitnessed_ || (created && (mask & IN_ISDIR) != 0);
        settle_if_idle();
    }
}

// An event told that a file is complete: of the only one that says all, of a folder's others nothing.
void FileWatcher::vouch() {
    const bool folder = std::ranges::any_of(points_, [](const auto& one) { return one.second.every_file; });
    unwitnessed_ = unwitnessed_ && folder;
}

// Watches are set first and the way walked again after: what changed in between is seen by one or the other.
void FileWatcher::rewatch() {
    for (int round = 0; round < max_rounds; ++round) {
        WatchPoints points = find_watch_points(path_);
        const bool nothing_missed = watch_all(points);
        const bool same = points == points_;
        points_ = std::move(points);
        if (polls() && !poll_timer_.armed()) {
            poll_timer_.set(current_time().mono + timing_.poll);
        }
        if (nothing_missed && same) {
            return;
        }
        // What came whole brought its folders with it; any other may have been written to unseen.
        if (!nothing_missed && (round > 0 || !settle_timer_.armed() || settle_delay_.count() > 0)) {
            unwitnessed_ = true;
            settle_if_idle();
        }
    }
    stale_ = true; // it changes faster than we can look
    settle_if_idle();
}

// Whether no event can have been missed: not so where a watch is new, or its folder went away meanwhile.
bool FileWatcher::watch_all(const WatchPoints& points) {
    bool nothing_missed = true;
    unwatched_ = false;
    std::map<int, Watched> watches;
    for (const auto& [folder, watch] : points) {
        const int descriptor = inotify_add_watch(inotify_, folder.c_str(), events_for(watch));
        if (descriptor >= 0) {
            nothing_missed = nothing_missed && watches_.contains(descriptor);
            watches[descriptor].folder = folder;
            FolderWatch& known = watches[descriptor].watch; // two ways may lead to one folder
            known.contents = known.contents || watch.contents;
            known.every_file = known.every_file || watch.every_file;
            known.names.insert(watch.names.begin(), watch.names.end());
        } else if (errno == ENOENT || errno == ENOTDIR) {
            nothing_missed = false;
        } else if (errno == EACCES) { // not ours to list; far above the file that does no harm
            unwatched_ = unwatched_ || watch.contents;
        } else { // no more watches to be had
            unwatched_ = true;
        }
    }
    for (const auto& [descriptor, watch] : watches_) {
        if (!watches.contains(descriptor)) {
            inotify_rm_watch(inotify_, descriptor);
        }
    }
    watches_ = std::move(watches);
    return nothing_missed;
}

void FileWatcher::settle_within(std::chrono::milliseconds delay) {
    ContentStamp stamp = stamp_of(path_);
    // What came whole stays so whatever else happens to the old one.
    const bool due = settle_timer_.armed() && settle_delay_.count() == 0 && stamp == looked_at_;
    remember(std::move(stamp));
    pause_ = timing_.unseen;
    if (!due) {
        look_again_after(delay);
    }
}

void FileWatcher::settle_if_idle() {
    if (!settle_timer_.armed()) {
        settle_within(timing_.unseen);
    }
}

// Sooner only to tell that it takes long.
void FileWatcher::look_again_after(std::chrono::milliseconds delay) {
    const MonoTime now = current_time().mono;
    if (!waiting_since_) {
        waiting_since_ = now;
    }
    settle_delay_ = delay;
    const MonoTime at = now + delay;
    settle_timer_.set(told_delay_ ? at : std::min(at, std::max(now, *waiting_since_ + timing_.delayed)));
}

void FileWatcher::remember(ContentStamp stamp) {
    if (stamp != looked_at_) {
        looked_at_ = std::move(stamp);
        equal_since_ = current_time().mono;
    }
}

void FileWatcher::settle() {
    read_events(); // one that waits to be read may tell of a writer
    const std::optional<Obstacle> found = obstacle();
    if (!found) {
        if (!settle_timer_.armed() || settle_delay_.count() == 0) {
            fire();
        }
        return;
    }
    if (!told_delay_ && waiting_since_ && current_time().mono - *waiting_since_ >= timing_.delayed) {
        told_delay_ = true;
        if (delayed_) {
            delayed_(found->why);
        }
    }
    if (!settle_timer_.armed()) {
        look_again_after(found->again);
        pause_ = std::min(2 * pause_, std::max(timing_.unseen, timing_.quiet));
    }
}

std::optional<FileWatcher::Obstacle> FileWatcher::obstacle() {
    if (stale_) {
        return Obstacle{"the folders on the way to " + path_ + " keep changing", pause_};
    }
    if (const auto file = find_unclosed()) {
        return Obstacle{*file + " is being written: its writer has not closed it", pause_};
    }
    bool unknown = false;
    for (const ContentStamp::File& file : untold().files) {
        const BeingWritten written = is_being_written(file.path);
        if (written == BeingWritten::yes) {
            return Obstacle{"a process keeps " + file.path + " open for writing", pause_};
        }
        unknown = unknown || written == BeingWritten::unknown;
    }
    // After the question: a network file system looks anew when a file is opened.
    if (ContentStamp stamp = stamp_of(path_); stamp != looked_at_) {
        remember(std::move(stamp));
        return Obstacle{path_ + " keeps changing", pause_};
    }
    const auto quiet_for = current_time().mono - equal_since_;
    // Where we poll, the time of the write may be by another machine's clock.
    if (unknown && unwitnessed_ && quiet_for < timing_.quiet &&
        (polling_ || written_within(untold(), timing_.quiet))) {
        return Obstacle{path_ + " was written a moment ago",
                        std::chrono::ceil<std::chrono::milliseconds>(timing_.quiet - quiet_for)};
    }
    return std::nullopt;
}

// A file that matters and whose writer hasn't ended. One who is known to be none has ended unseen.
std::optional<std::string> FileWatcher::find_unclosed() {
    const MonoTime now = current_time().mono;
    std::optional<std::string> found;
    for (auto it = unclosed_.begin(); it != unclosed_.end();) {
        const auto& [descriptor, name] = it->first;
        Unclosed& unclosed = it->second;
        const auto watched = watches_.find(descriptor);
        if (watched != watches_.end() && !watched->second.watch.concerns(name)) {
            ++it;
            continue;
        }
        const std::string path = watched == watches_.end() ? "" : watched->second.folder + "/" + name;
        if (ContentStamp stamp = stamp_of(path); stamp != unclosed.stamp) {
            unclosed = {std::move(stamp), now};
        }
        const auto unchanged_for = now - unclosed.since;
        if (path.empty() || unchanged_for >= timing_.lost_close ||
            (unchanged_for >= timing_.unseen && is_being_written(path) == BeingWritten::no)) {
            it = unclosed_.erase(it);
            continue;
        }
        found = path;
        ++it;
    }
    return found;
}

// The files that aren't as they were when they were last told.
ContentStamp FileWatcher::untold() const {
    ContentStamp result;
    for (const ContentStamp::File& file : looked_at_.files) {
        if (!fired_ || !has_same_content(*fired_, file)) {
            result.files.push_back(file);
        }
    }
    return result;
}

void FileWatcher::poll() {
    read_events();
    if (unwatched_) {
        rewatch(); // it may be possible now
    }
    if (!settle_timer_.armed() && fired_ != stamp_of(path_)) {
        unwitnessed_ = true;
        settle_within(timing_.unseen);
    }
    if (polls()) {
        poll_timer_.set(current_time().mono + timing_.poll);
    }
}

void FileWatcher::fire() {
    settle_timer_.clear();
    waiting_since_.reset();
    told_delay_ = false;
    unwitnessed_ = false;
    fired_ = looked_at_;
    changed_();
}

} // namespace apikeyd
