// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/worker_pool.hpp"

#include "daemon/api/key_codec.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/hardening.hpp"

#include <cerrno>
#include <iterator>
#include <optional>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <variant>

namespace apikeyd {

namespace {

bool stops_everything(const Outcome& outcome) {
    return std::holds_alternative<Throttled>(outcome) || std::holds_alternative<Denied>(outcome);
}

// Not inlined: what it leaves on the stack is wiped after it.
[[gnu::noinline]] Answer exchange(Transport& transport, const Dispatch& dispatch,
                                  const Fingerprinter& fingerprinter) {
    const MonoTime begun = current_time().mono;
    const Exchange done = transport.send(encode_update(dispatch.id, dispatch.fields));
    const Now now = current_time();
    return {dispatch.id, classify(dispatch.id, done, fingerprinter, now.wall), http_status(done),
            std::chrono::duration_cast<std::chrono::milliseconds>(now.mono - begun), dispatch.attempt};
}

} // namespace

WorkerPool::WorkerPool(std::vector<std::unique_ptr<Transport>> transports, Fingerprinter fingerprinter)
    : ready_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
    , fingerprinter_(std::move(fingerprinter))
    , transports_(std::move(transports)) {
    if (ready_fd_ < 0) {
        throw std::system_error(errno, std::generic_category(), "eventfd");
    }
    for (const auto& transport : transports_) {
        threads_.emplace_back([this, &transport] { work(*transport); });
    }
}

WorkerPool::~WorkerPool() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        queue_.clear();
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) {
        thread.join();
    }
    close(ready_fd_);
}

void WorkerPool::submit(std::vector<Dispatch> dispatches) {
    if (dispatches.empty()) {
        return;
    }
    const bool one = dispatches.size() == 1;
    {
        const std::lock_guard lock(mutex_);
        queue_.insert(queue_.end(), std::make_move_iterator(dispatches.begin()),
                      std::make_move_iterator(dispatches.end()));
    }
    if (one) {
        wake_.notify_one();
    } else {
        wake_.notify_all();
    }
}

std::vector<KeyId> WorkerPool::withdraw() {
    std::vector<KeyId> ids;
    {
        const std::lock_guard lock(mutex_);
        for (const Dispatch& dispatch : queue_) {
            ids.push_back(dispatch.id);
        }
        queue_.clear();
        halted_ = false;
    }
    return ids;
}

void WorkerPool::use(Fingerprinter fingerprinter) {
    const std::lock_guard lock(mutex_);
    fingerprinter_ = std::move(fingerprinter);
}

std::vector<Answer> WorkerPool::drain() {
    std::uint64_t count = 0;
    (void)!read(ready_fd_, &count, sizeof count); // nothing there is no error: EAGAIN
    const std::lock_guard lock(mutex_);
    return std::exchange(answers_, {});
}

void WorkerPool::work(Transport& transport) {
    for (;;) {
        Dispatch dispatch;
        std::optional<Fingerprinter> fingerprinter;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [&] { return ending_ || (!queue_.empty() && !halted_); });
            if (ending_) {
                return;
            }
            dispatch = std::move(queue_.front());
            queue_.pop_front();
            fingerprinter = fingerprinter_;
        }
        leave(exchange(transport, dispatch, *fingerprinter));
        wipe_unused_stack();
    }
}

void WorkerPool::leave(Answer answer) {
    const std::uint64_t one = 1;
    const std::lock_guard lock(mutex_);
    halted_ = halted_ || stops_everything(answer.outcome);
    answers_.push_back(std::move(answer));
    if (answers_.size() == 1) {
        (void)!write(ready_fd_, &one, sizeof one); // fails only when the counter is full: readable anyway
    }
}

} // namespace apikeyd
