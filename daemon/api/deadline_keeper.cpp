// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/deadline_keeper.hpp"

#include <Poco/Exception.h>

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace apikeyd {

struct DeadlineKeeper::Impl {
    Impl()
        : thread([this] { run(); }) {}

    ~Impl() {
        {
            const std::lock_guard lock(mutex);
            stopping = true;
        }
        changed.notify_one();
        thread.join();
    }

    void add(DeadlineScope& scope) {
        bool sooner = false;
        {
            const std::lock_guard lock(mutex);
            scopes.push_back(&scope);
            sooner = scope.deadline_ < awaited;
        }
        // Requests have one timeout, so a new deadline is nearly always behind those that are waited for.
        if (sooner) {
            changed.notify_one();
        }
    }

    void remove(DeadlineScope& scope) {
        const std::lock_guard lock(mutex);
        std::erase(scopes, &scope);
    }

    std::mutex mutex;
    std::condition_variable changed;
    std::vector<DeadlineScope*> scopes; // one a worker: a handful
    MonoTime awaited = MonoTime::max(); // the deadline that run() sleeps for
    bool stopping = false;
    std::thread thread; // last: it uses all of the above

  private:
    void run() {
        std::unique_lock lock(mutex);
        while (!stopping) {
            end_overdue();
            awaited = MonoTime::max();
            for (const DeadlineScope* scope : scopes) {
                if (!scope->expired_) {
                    awaited = std::min(awaited, scope->deadline_);
                }
            }
            if (awaited == MonoTime::max()) {
                changed.wait(lock);
            } else {
                changed.wait_until(lock, awaited);
            }
        }
    }

    void end_overdue() {
        const MonoTime now = std::chrono::steady_clock::now();
        for (DeadlineScope* scope : scopes) {
            if (!scope->expired_ && scope->deadline_ <= now) {
                scope->expired_ = true; // first: the one who is woken looks at it
                ::shutdown(scope->socket_->get(), SHUT_RDWR);
            }
        }
    }
};

DeadlineKeeper::DeadlineKeeper()
    : impl_(std::make_unique<Impl>()) {}

DeadlineKeeper::~DeadlineKeeper() = default;

std::shared_ptr<const Descriptor> second_descriptor(int socket) {
    auto second = std::make_shared<const Descriptor>(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
    if (second->get() < 0) {
        throw Poco::IOException("no file descriptor left");
    }
    return second;
}

DeadlineScope::DeadlineScope(DeadlineKeeper& keeper, MonoTime deadline,
                             std::shared_ptr<const Descriptor> socket)
    : keeper_(keeper.impl())
    , deadline_(deadline)
    , socket_(std::move(socket)) {
    keeper_.add(*this);
}

DeadlineScope::~DeadlineScope() {
    keeper_.remove(*this);
}

} // namespace apikeyd
