// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/event_loop.hpp"

#include <systemd/sd-event.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <pthread.h>
#include <string>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <system_error>
#include <utility>

namespace apikeyd {

namespace {

void check(int result, const char* what) {
    if (result < 0) {
        throw std::system_error(-result, std::generic_category(), what);
    }
}

std::uint64_t microseconds(MonoTime time) {
    const auto since = std::chrono::ceil<std::chrono::microseconds>(time.time_since_epoch()).count();
    return since < 0 ? 0 : static_cast<std::uint64_t>(since);
}

sd_event* loop_of(void* event) {
    return static_cast<sd_event*>(event);
}

} // namespace

Now current_time() {
    return {MonoTime{std::chrono::steady_clock::now().time_since_epoch()},
            std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())};
}

void block_signals(std::initializer_list<int> further) {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        sigaddset(&signals, signal);
    }
    for (const int signal : further) {
        sigaddset(&signals, signal);
    }
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN); // a reader of our output that goes away is no reason to die
    std::signal(SIGIO, SIG_IGN);   // a writer meets the lease by which we ask whether there is one
}

struct EventLoop::Source {
    Source(EventLoop& loop_in, Callback callback_in)
        : loop(loop_in)
        , callback(std::move(callback_in)) {}
    ~Source() {
        if (source != nullptr) {
            sd_event_source_set_enabled(source, SD_EVENT_OFF);
            sd_event_source_unref(source);
        }
    }
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    // An exception can't pass through sd-event's C code.
    int call() noexcept {
        try {
            callback();
        } catch (...) {
            loop.failed(std::current_exception());
        }
        return 0;
    }

    static int on_signal(sd_event_source*, const struct signalfd_siginfo*, void* self) {
        return static_cast<Source*>(self)->call();
    }
    static int on_io(sd_event_source*, int, std::uint32_t, void* self) {
        return static_cast<Source*>(self)->call();
    }
    static int on_post(sd_event_source*, void* self) { return static_cast<Source*>(self)->call(); }
    static int on_time(sd_event_source*, std::uint64_t, void* self) {
        auto* source = static_cast<Source*>(self);
        if (source->timer != nullptr) {
            source->timer->armed_ = false;
        }
        return source->call();
    }

    EventLoop& loop;
    Callback callback;
    Timer* timer = nullptr;
    sd_event_source* source = nullptr;
};

EventLoop::EventLoop() {
    sd_event* event = nullptr;
    check(sd_event_new(&event), "sd_event_new");
    event_ = event;
}

EventLoop::~EventLoop() {
    sources_.clear();
    sd_event_unref(loop_of(event_));
}

EventLoop::Timer::Timer(EventLoop& loop, Callback callback)
    : source_(std::make_unique<Source>(loop, std::move(callback))) {
    source_->timer = this;
    // An accuracy of 1 µs: the default of 250 ms would let changes wait for other timers.
    check(sd_event_add_time(loop_of(loop.event_), &source_->source, CLOCK_MONOTONIC, 0, 1, &Source::on_time,
                            source_.get()),
          "sd_event_add_time");
    check(sd_event_source_set_enabled(source_->source, SD_EVENT_OFF), "sd_event_source_set_enabled");
}

EventLoop::Timer::~Timer() = default;

void EventLoop::Timer::set(MonoTime at) {
    check(sd_event_source_set_time(source_->source, microseconds(at)), "sd_event_source_set_time");
    check(sd_event_source_set_enabled(source_->source, SD_EVENT_ONESHOT), "sd_event_source_set_enabled");
    armed_ = true;
}

void EventLoop::Timer::clear() {
    check(sd_event_source_set_enabled(source_->source, SD_EVENT_OFF), "sd_event_source_set_enabled");
    armed_ = false;
}

void EventLoop::on_signal(int signal, Callback callback) {
    auto source = std::make_unique<Source>(*this, std::move(callback));
    check(sd_event_add_signal(loop_of(event_), &source->source, signal, &Source::on_signal, source.get()),
          "sd_event_add_signal");
    // Before whatever came in the same turn: that may quit the loop, and a signal that was read already would
    // be lost with it. One that isn't read stays with the process, for the next loop.
    check(sd_event_source_set_priority(source->source, SD_EVENT_PRIORITY_IMPORTANT),
          "sd_event_source_set_priority");
    sources_.push_back(std::move(source));
}

void EventLoop::on_readable(int fd, Callback callback) {
    auto source = std::make_unique<Source>(*this, std::move(callback));
    check(sd_event_add_io(loop_of(event_), &source->source, fd, EPOLLIN, &Source::on_io, source.get()),
          "sd_event_add_io");
    sources_.push_back(std::move(source));
}

void EventLoop::after_each(Callback callback) {
    auto source = std::make_unique<Source>(*this, std::move(callback));
    check(sd_event_add_post(loop_of(event_), &source->source, &Source::on_post, source.get()),
          "sd_event_add_post");
    sources_.push_back(std::move(source));
}

void EventLoop::feed_watchdog() {
    check(sd_event_set_watchdog(loop_of(event_), 1), "sd_event_set_watchdog");
}

void EventLoop::run() {
    check(sd_event_loop(loop_of(event_)), "sd_event_loop");
    rethrow();
}

void EventLoop::step(std::chrono::milliseconds at_most) {
    check(
        sd_event_run(loop_of(event_), static_cast<std::uint64_t>(std::chrono::microseconds(at_most).count())),
        "sd_event_run");
    rethrow();
}

void EventLoop::rethrow() {
    if (error_) {
        std::rethrow_exception(std::exchange(error_, nullptr));
    }
}

void EventLoop::quit() {
    check(sd_event_exit(loop_of(event_), 0), "sd_event_exit");
}

void EventLoop::failed(std::exception_ptr error) noexcept {
    if (!error_) {
        error_ = std::move(error);
    }
    sd_event_exit(loop_of(event_), 1);
}

} // namespace apikeyd
