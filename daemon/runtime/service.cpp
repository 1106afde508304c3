// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/service.hpp"

#include "config/text_file.hpp"
#include "daemon/runtime/event_log.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/git_commit.hpp"
#include "daemon/runtime/request_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <unistd.h>
#include <utility>

namespace apikeyd {

namespace {

constexpr std::chrono::milliseconds look_again_after{50};
constexpr std::chrono::milliseconds most_patience{250};

} // namespace

SuspensionRequests::SuspensionRequests(EventLoop& loop, Engine& engine, std::string state_path)
    : engine_(engine)
    , state_path_(std::move(state_path))
    , watcher_(
          loop, request_path(state_path_, RequestKind::suspension), [this] { take(); },
          !inotify_sees_all(state_path_)) {
    engine_.on_event([this](const Event& event) { carried_out(event); });
}

void SuspensionRequests::take() {
    const auto request = read_suspension(state_path_);
    if (!request || request == taken_) {
        return;
    }
    const auto& suspension = engine_.suspension();
    if (request->until) {
        taken_ = request;
        engine_.suspend({current_time().wall, *request->until, request->reason, request->by});
    } else if (suspension) {
        taken_ = request;
        engine_.resume(request->by);
    } else {
        drop_suspension(state_path_, *request); // there is nothing to resume
    }
}

void SuspensionRequests::carried_out(const Event& event) {
    const bool now =
        std::holds_alternative<SendingSuspended>(event) || std::holds_alternative<SendingResumed>(event);
    if (now && taken_) {
        drop_suspension(state_path_, *std::exchange(taken_, std::nullopt));
    }
}

DesiredFollower::DesiredFollower(EventLoop& loop, std::string path, Log& log, DesiredSink& sink,
                                 std::optional<LastGood> before)
    : path_(std::move(path))
    , log_(log)
    , sink_(sink)
    , before_(std::move(before))
    , commit_timer_(loop, [this] { load(); }) {}

// git writes the files first and moves HEAD then: without a moment's patience a pull would go down in history
// as an edit of the commit before it. An edit that stays uncommitted waits so long in vain.
bool DesiredFollower::may_be_committed_soon(const DesiredState& state) {
    const MonoTime now = current_time().mono;
    const bool awaited = awaited_ == state.digest();
    if ((awaited && now >= await_until_) || !is_uncommitted(path_, state)) {
        return false;
    }
    if (!awaited) {
        awaited_ = state.digest();
        await_until_ = now + most_patience;
    }
    commit_timer_.set(std::min(now + look_again_after, await_until_));
    return true;
}

void DesiredFollower::load() {
    Loaded<DesiredState> loaded = load_desired(path_, current_time().wall);
    std::vector<std::string> lines;
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
        lines.push_back(summarize_diagnostic(diagnostic));
    }
    const bool has_news = lines != told_;
    if (has_news) {
        log_desired_invalid(log_, loaded.diagnostics, before_ || !digest_.empty());
        told_ = std::move(lines);
    }
    if (!loaded) {
        const auto error = std::ranges::find(loaded.diagnostics, Severity::error, &Diagnostic::severity);
        degraded_ = error != loaded.diagnostics.end() ? summarize_diagnostic(*error)
                                                      : name_to_show(path_) + ": can't be loaded";
        fall_back();
        if (has_news) {
            sink_.unusable(loaded.diagnostics);
        }
        return;
    }
    last_good_ = current_time().wall;
    const bool is_new = loaded.value->digest() != digest_;
    if (is_new && may_be_committed_soon(*loaded.value)) {
        return;
    }
    std::optional<Commit> commit = is_new ? commit_of(path_, *loaded.value) : std::nullopt;
    const bool was_degraded = std::exchange(degraded_, std::nullopt).has_value();
    if (is_new || was_degraded) {
        log_desired_loaded(log_, *loaded.value);
    }
    if (is_new) {
        digest_ = loaded.value->digest();
        before_.reset();
        awaited_.clear();
        sink_.desired(std::make_shared<const DesiredState>(std::move(*loaded.value)), std::move(commit));
    } else if (was_degraded) {
        sink_.usable_again();
    }
}

void DesiredFollower::waiting(const std::string& why) {
    log_desired_waiting(log_, path_, why);
    degraded_ = why;
    fall_back();
}

void DesiredFollower::fall_back() {
    if (!before_) {
        return;
    }
    const LastGood before = *std::exchange(before_, std::nullopt);
    digest_ = before.state->digest();
    last_good_ = before.read_at;
    sink_.desired(before.state, before.commit);
}

Situation situation_of(const Engine& engine, const DesiredFollower& follower) {
    const Reconciler& reconciler = engine.reconciler();
    const Tally& tally = engine.tally();
    Situation it;
    it.under_way = reconciler.under_way();
    it.state_trouble = engine.state_trouble();
    it.file_trouble = follower.degraded();
    it.suspension = engine.suspension();
    if (engine.denied()) {
        it.denial = engine.last_denial() ? engine.last_denial()->why : "the token is not taken";
        it.no_key_to_try = reconciler.no_key_to_try();
    }
    if (engine.server_unavailable()) {
        it.api_trouble = tally.unavailable();
    }
    if (engine.held()) {
        it.held = {engine.held()->ids.size(), engine.held()->digest};
    }
    it.loaded = follower.loaded();
    it.looking = reconciler.refreshing();
    it.active = !engine.idle();
    it.managed = tally.managed();
    it.changes = tally.changes();
    it.rejected = engine.key_counts()[KeyState::rejected];
    it.waiting = reconciler.waiting();
    it.failing = reconciler.failing();
    it.in_doubt = reconciler.in_doubt();
    it.oldest_answer = tally.oldest_answer();
    return it;
}

void stop_on_signals(EventLoop& loop, std::function<void(const std::string& why)> stop,
                     std::function<void()> abandon) {
    auto asked = std::make_shared<bool>(false);
    for (const auto& [signal, name] : {std::pair{SIGTERM, "SIGTERM"}, std::pair{SIGINT, "SIGINT"}}) {
        loop.on_signal(signal, [asked, stop, abandon, name = std::string(name)] {
            if (std::exchange(*asked, true)) {
                if (abandon) {
                    abandon();
                }
                _exit(1);
            }
            stop(name);
        });
    }
}

} // namespace apikeyd
