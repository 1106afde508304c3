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
#include <utility>

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
    // The same where, besides, the kernel doesn't tell whether there is a writer and the file is new.
    std::chrono::milliseconds quiet{2000};
    // Between two looks where inotify can't be trusted.
    std::chrono::milliseconds poll{2000};
    // Until a wait is worth a word.
    std::chrono::milliseconds delayed{5000};
    // Until a file that was written, never closed and left as it is counts as complete: its close was lost.
    std::chrono::milliseconds lost_close{60000};
};

// Calls back when a file, or the files of a folder, may have new content that is complete. What is complete
// can't be told from content, so it is told from how it came: a rename into place is complete at once; a file
// written in place when its writer has closed it and begun nothing more; anything else when two looks at it
// agree and nobody has it open for writing. Survives whatever becomes of the path: links swapped, folders
// removed and made again, forbidden and allowed again. A call is a hint, not a promise: the content may be as
// before.
//
// Whether somebody has a file open for writing the kernel tells only to its owner and root. To others, a
// write that began before the watch and pauses for longer than WatchTiming::quiet looks like a complete file:
// nothing can tell these apart. Only a rename into place is safe always.
class FileWatcher {
  public:
    // `changed` is called once soon after the loop starts, for what is there already. `polling`: look at the
    // path now and then as well (see inotify_sees_all()). `delayed` is called once in each wait that takes
    // long, with the reason as a sentence; `changed` ends the wait.
    FileWatcher(EventLoop& loop, std::string path, std::function<void()> changed, bool polling,
                std::function<void(const std::string& why)> delayed = {}, WatchTiming timing = {});
    ~FileWatcher();
    FileWatcher(const FileWatcher&) = delete;
    FileWatcher& operator=(const FileWatcher&) = delete;

    // Look now, whatever was seen; what is being written is waited for all the same.
    void look();
    // The same, and where nothing stands against it the callback has come when this returns.
    void look_now();

    // Where it was told to, and where a folder can't be watched: too many watches, or not ours to list.
    bool polls() const noexcept { return polling_ || unwatched_; }

  private:
    struct Watched {
        std::string folder;
        FolderWatch watch;
    };
    // A file whose writer has begun and not ended.
    struct Unclosed {
        ContentStamp stamp;
        MonoTime since; // it is as it is
    };
    // What forbids to believe the content, and when to look again.
    struct Obstacle {
        std::string why;
        std::chrono::milliseconds again;
    };

    void read_events();
    void heed(int descriptor, std::uint32_t mask, const std::string& name);
    void heed_entry(int descriptor, const Watched& watched, std::uint32_t mask, const std::string& name);
    void vouch();
    void rewatch();
    bool watch_all(const WatchPoints& points);

    void settle_within(std::chrono::milliseconds delay);
    void settle_if_idle();
    void look_again_after(std::chrono::milliseconds delay);
    void remember(ContentStamp stamp);
    void settle();
    std::optional<Obstacle> obstacle();
    std::optional<std::string> find_unclosed();
    ContentStamp untold() const;
    void poll();
    void fire();

    std::string path_;
    std::function<void()> changed_;
    std::function<void(const std::string&)> delayed_;
    bool polling_;
    WatchTiming timing_;
    int inotify_ = -1;
    std::map<int, Watched> watches_; // by watch descriptor
    WatchPoints points_;
    bool stale_ = false;                                       // something on the way to the file changed
    bool unwatched_ = false;                                   // a folder on the way can't be watched
    std::map<std::pair<int, std::string>, Unclosed> unclosed_; // by watch descriptor and name

    EventLoop::Timer settle_timer_; // armed as long as there may be something untold
    EventLoop::Timer poll_timer_;
    std::chrono::milliseconds settle_delay_{0};
    std::chrono::milliseconds pause_{0}; // grows as a wait lasts
    ContentStamp looked_at_;             // at the last look
    MonoTime equal_since_;               // every look since has seen that
    bool unwitnessed_ = true;            // there may be writers of which no event tells
    std::optional<MonoTime> waiting_since_;
    bool told_delay_ = false;
    std::optional<ContentStamp> fired_;
};

} // namespace apikeyd
