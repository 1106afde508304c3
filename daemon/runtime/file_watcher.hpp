// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/watch_points.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace apikeyd {

// How long to wait where nothing says that a file is complete.
struct WatchTiming {
    // After a writer closed the file in place: a script that writes in several steps closes it after each.
    std::chrono::milliseconds in_place{50};
    // After the file went away: an editor that keeps a backup moves the old one off before it writes the new
    // one.
    std::chrono::milliseconds gone{200};
    // Between two looks at a file whose writer we saw nothing of.
    std::chrono::milliseconds unseen{200};
    // Between two looks where inotify can't be trusted.
    std::chrono::milliseconds poll{2000};
};

// Calls back when a file, or the files of a folder, may have new content that is complete. What is complete
// can't be told from content, so it is told from how it came: a rename into place is complete at once; a file
// written in place when its writer has closed it and begun nothing more; anything else when two looks at it
// agree and nobody has it open for writing. Survives whatever becomes of the path: links swapped, folders
// removed and made again. A call is a hint, not a promise: the content may be as before.
class FileWatcher {
  public:
    // `changed` is called once soon after the loop starts, for what is there already. `polling`: look at the
    // path now and then as well (see inotify_sees_all()).
    FileWatcher(EventLoop& loop, std::string path, std::function<void()> changed, bool polling,
                WatchTiming timing = {});
    ~FileWatcher();
    FileWatcher(const FileWatcher&) = delete;
    FileWatcher& operator=(const FileWatcher&) = delete;

    // Look now, whatever was seen.
    void look();

    bool polls() const noexcept { return polling_; }

  private:
    void read_events();
    void heed(int descriptor, std::uint32_t mask, const std::string& name);
    void rewatch();
    void watch_all(const WatchPoints& points);
    void settle_within(std::chrono::milliseconds delay);
    void settle();
    void poll();
    void fire();

    EventLoop& loop_;
    std::string path_;
    std::function<void()> changed_;
    bool polling_;
    WatchTiming timing_;
    int inotify_ = -1;
    struct Watched {
        std::string folder;
        FolderWatch watch;
    };
    std::map<int, Watched> watches_; // by watch descriptor
    WatchPoints points_;
    bool stale_ = false; // something on the way to the file changed

    EventLoop::Timer settle_timer_;
    EventLoop::Timer poll_timer_;
    std::chrono::milliseconds settle_delay_{0};
    ContentStamp looked_at_; // when the settle timer was set
    ContentStamp polled_;    // at the last poll
    std::optional<ContentStamp> fired_;
};

} // namespace apikeyd
