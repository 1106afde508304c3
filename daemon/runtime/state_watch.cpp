// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/state_watch.hpp"

#include <array>
#include <cerrno>
#include <sys/inotify.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace apikeyd {

namespace {

// SQLite's write-ahead log, into which commits go first (https://www.sqlite.org/wal.html#the_wal_file).
constexpr const char* log_suffix = "-wal";

constexpr std::uint32_t arrivals = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;

} // namespace

StateWatch::StateWatch(EventLoop& loop, std::string path, std::function<void()> stirred)
    : path_(std::move(path))
    , stirred_(std::move(stirred))
    , inotify_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    if (inotify_ < 0) {
        throw std::system_error(errno, std::generic_category(), "inotify_init1");
    }
    const auto slash = path_.rfind('/');
    folder_ = slash == std::string::npos ? "." : slash == 0 ? "/" : path_.substr(0, slash);
    name_ = path_.substr(slash == std::string::npos ? 0 : slash + 1);
    loop.on_readable(inotify_, [this] { read_events(); });
    watch_folder();
}

StateWatch::~StateWatch() {
    close(inotify_);
}

// Again and again: it may be another folder by now. Of one that is watched already nothing changes, and where
// it can't be, the looks must do.
void StateWatch::watch_folder() {
    (void)inotify_add_watch(inotify_, folder_.c_str(), IN_MODIFY | arrivals | IN_ONLYDIR);
}

void StateWatch::about_to_read() {
    read_ = stamps();
}

void StateWatch::look() {
    watch_folder();
    if (stamps() != read_) {
        stirred_();
    }
}

void StateWatch::read_events() {
    alignas(inotify_event) std::array<char, 16 * 1024> buffer{};
    bool stirred = false;
    for (ssize_t size = 0; (size = read(inotify_, buffer.data(), buffer.size())) > 0;) {
        for (ssize_t at = 0; at < size;) {
            const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
            at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
            stirred = stirred || concerns(event->mask, event->len > 0 ? event->name : "");
        }
    }
    if (stirred) {
        stirred_();
    }
}

// A reader makes and removes the log and its index, too, but writes nothing into the log.
bool StateWatch::concerns(std::uint32_t mask, const std::string& name) const {
    return (mask & IN_Q_OVERFLOW) != 0 || name == name_ ||
           ((mask & IN_MODIFY) != 0 && name == name_ + log_suffix);
}

std::vector<ContentStamp> StateWatch::stamps() const {
    ContentStamp log = stamp_of(path_ + log_suffix);
    std::erase_if(log.files, [](const ContentStamp::File& file) { return file.size == 0; });
    return {stamp_of(path_), std::move(log)};
}

} // namespace apikeyd
