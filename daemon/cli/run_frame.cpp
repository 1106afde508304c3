// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/run_frame.hpp"

#include "config/text_file.hpp"
#include "daemon/cli/converger.hpp"
#include "daemon/runtime/event_log.hpp"
#include "daemon/runtime/step_time.hpp"
#include "generated/version.hpp"

#include <algorithm>
#include <utility>

namespace apikeyd {

RunFrame::RunFrame(const Settings& settings, bool dry_run, Notifier& notifier)
    : keys_(settings.keys)
    , log_(make_log(settings.log))
    , notifier_(notifier)
    , turning_(loop_, [this] { notifier_.ready(); }) {
    log_daemon_started(log_,
                       {version, settings.api.url, name_to_show(settings.keys), settings.state, dry_run});
}

void RunFrame::follow(DesiredSink& sink, const std::function<void()>& followed,
                      std::optional<LastGood> before) {
    large_bytes_ = before ? before->bytes : 0;
    allow_longer_steps(step_allowance());
    follower_ = std::make_unique<DesiredFollower>(loop_, keys_, log_, sink, std::move(before));
    watcher_ = std::make_unique<FileWatcher>(
        loop_, keys_,
        [this, followed] {
            load();
            followed();
        },
        !inotify_sees_all(keys_),
        [this, followed](const std::string& why) {
            follower_->waiting(why);
            followed();
        });
}

// The loop stands still meanwhile, and with every plan that is made of the file: for as long as a large one
// is in force the watchdog has more patience, up to a bound.
void RunFrame::load() {
    const std::uint64_t bytes = size_of_desired(keys_);
    large_bytes_ = std::max(large_bytes_, bytes);
    allow_longer_steps(step_allowance());
    follower_->load();
    if (!follower_->degraded()) {
        large_bytes_ = bytes;
        allow_longer_steps(step_allowance());
    }
}

void RunFrame::allow_longer_steps(std::chrono::milliseconds time) {
    allowed_ = time;
    notifier_.allow_longer_steps(time);
    if (longer_steps_) {
        longer_steps_(time);
    }
}

void RunFrame::on_longer_steps(std::function<void(std::chrono::milliseconds)> listener) {
    longer_steps_ = std::move(listener);
    longer_steps_(allowed_);
}

std::chrono::milliseconds RunFrame::step_allowance() const {
    return time_to_load(large_bytes_);
}

void RunFrame::run() {
    turning_.set(current_time().mono);
    loop_.feed_watchdog();
    loop_.run();
}

void RunFrame::publish(const Assessment& assessment) {
    if (assessment.sentence != told_) {
        notifier_.status(assessment.sentence);
        told_ = assessment.sentence;
    }
}

} // namespace apikeyd
