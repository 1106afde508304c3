// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/watch_points.hpp"

#include <functional>
#include <string>

namespace apikeyd {

// Calls back when a state file, which another process has open for ever and writes in place, may say
// something else: at once where the kernel tells of it, else at the next look(). FileWatcher is for files
// that somebody completes; this one never is. Survives a file or folder that goes away, comes back or is
// replaced. What a reader of the state leaves beside it is no change. One thread; must not outlive the loop's
// run().
class StateWatch {
  public:
    StateWatch(EventLoop& loop, std::string path, std::function<void()> stirred);
    ~StateWatch();
    StateWatch(const StateWatch&) = delete;
    StateWatch& operator=(const StateWatch&) = delete;

    // What happens from now on is news. Call it before the state is read.
    void about_to_read();

    // Calls back if the file is another one than when it was read, or was written since. Call it now and
    // then.
    void look();

  private:
    void watch_folder();
    void read_events();
    bool concerns(std::uint32_t mask, const std::string& name) const;
    std::vector<ContentStamp> stamps() const;

    std::string path_, folder_, name_;
    std::function<void()> stirred_;
    int inotify_ = -1;
    std::vector<ContentStamp> read_; // of the state and its log, when it was read
};

} // namespace apikeyd
