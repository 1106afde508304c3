// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/secret.hpp"
#include "daemon/api/transport.hpp"
#include "daemon/reconcile/reconciler.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace apikeyd {

// Threads that send, each with a transport of its own. They take a dispatch, leave an answer, and touch
// nothing else. The public functions are for one owner thread.
class WorkerPool {
  public:
    // One thread a transport.
    WorkerPool(std::vector<std::unique_ptr<Transport>> transports, Fingerprinter fingerprinter);
    // Waits for the requests under way, which the transport's deadline bounds; what was not begun is dropped.
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    void submit(std::vector<Dispatch> dispatches);

    // What no worker has begun; it never will be. After an answer that stops everything (Throttled, Denied)
    // the workers begin nothing until this was called.
    std::vector<KeyId> withdraw();

    // For requests that are begun from now on.
    void use(Fingerprinter fingerprinter);

    // The answers that have come since.
    std::vector<Answer> drain();

    // Readable while there is something to drain. Stays the pool's.
    int ready_fd() const noexcept { return ready_fd_; }

  private:
    void work(Transport& transport);
    void leave(Answer answer);

    int ready_fd_ = -1; // eventfd(2)

    std::mutex mutex_; // guards what follows
    Fingerprinter fingerprinter_;
    std::condition_variable wake_;
    std::deque<Dispatch> queue_;
    std::vector<Answer> answers_;
    bool halted_ = false;
    bool ending_ = false;

    std::vector<std::unique_ptr<Transport>> transports_;
    std::vector<std::thread> threads_; // last: they use all the rest
};

} // namespace apikeyd
