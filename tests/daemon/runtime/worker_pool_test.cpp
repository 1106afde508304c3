// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/worker_pool.hpp"

#include "tests/support/keys.hpp"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <poll.h>
#include <set>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

// A server in memory: answers with a status, and holds requests while the gate is shut.
class FakeServer {
  public:
    class Connection final : public Transport {
      public:
        explicit Connection(FakeServer& server)
            : server_(server) {}
        Exchange send(const Request& request) override { return server_.serve(request); }

      private:
        FakeServer& server_;
    };

    std::vector<std::unique_ptr<Transport>> connections(unsigned count) {
        std::vector<std::unique_ptr<Transport>> made;
        for (unsigned i = 0; i < count; ++i) {
            made.push_back(std::make_unique<Connection>(*this));
        }
        return made;
    }

    void open_gate() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void wait_for_requests(std::size_t count) {
        std::unique_lock lock(mutex_);
        REQUIRE(changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return seen_.size() >= count; }));
    }
    std::size_t requests() {
        const std::lock_guard lock(mutex_);
        return seen_.size();
    }
    int status = 503;

  private:
    Exchange serve(const Request& request) {
        std::unique_lock lock(mutex_);
        seen_.insert(request.target);
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_; });
        Response response;
        response.status = status;
        return response;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::multiset<std::string> seen_;
    bool open_ = false;
};

Fingerprinter fingerprinter() {
    return Fingerprinter(Secret(std::string("key")));
}

std::vector<Dispatch> dispatches(unsigned first, unsigned last) {
    std::vector<Dispatch> made;
    for (unsigned n = first; n <= last; ++n) {
        made.push_back({key_id(n), {"name", true}});
    }
    return made;
}

std::vector<Answer> collect(WorkerPool& pool, std::size_t count) {
    std::vector<Answer> answers;
    while (answers.size() < count) {
        pollfd ready{pool.ready_fd(), POLLIN, 0};
        REQUIRE(poll(&ready, 1, 20'000) == 1);
        for (Answer& answer : pool.drain()) {
            answers.push_back(std::move(answer));
        }
    }
    return answers;
}

} // namespace

TEST_CASE("worker pool: every dispatch is answered once") {
    FakeServer server;
    WorkerPool pool(server.connections(4), fingerprinter());
    pool.submit(dispatches(1, 50));
    server.open_gate();
    std::set<KeyId> ids;
    for (const Answer& answer : collect(pool, 50)) {
        ids.insert(answer.id);
        CHECK(answer.status == 503);
        CHECK(std::holds_alternative<Retryable>(answer.outcome));
    }
    CHECK(ids.size() == 50);
    CHECK(server.requests() == 50);
    CHECK(pool.drain().empty());
}

TEST_CASE("worker pool: what no worker has begun is withdrawn and never sent") {
    FakeServer server;
    WorkerPool pool(server.connections(2), fingerprinter());
    pool.submit(dispatches(1, 10));
    server.wait_for_requests(2);
    const auto withdrawn = pool.withdraw();
    CHECK(withdrawn.size() == 8);
    server.open_gate();
    CHECK(collect(pool, 2).size() == 2);
    CHECK(server.requests() == 2);
}

TEST_CASE("worker pool: an answer that concerns every key halts the others until they are withdrawn") {
    FakeServer server;
    server.status = GENERATE(401, 403, 429);
    server.open_gate();
    WorkerPool pool(server.connections(1), fingerprinter());
    pool.submit(dispatches(1, 10));
    CHECK(collect(pool, 1).size() == 1);
    CHECK(pool.withdraw().size() == 9);
    CHECK(server.requests() == 1);
    pool.submit(dispatches(11, 11));
    CHECK(collect(pool, 1).at(0).id == key_id(11));
}

TEST_CASE("worker pool: ending waits for what is under way") {
    FakeServer server;
    {
        WorkerPool pool(server.connections(2), fingerprinter());
        pool.submit(dispatches(1, 10));
        server.wait_for_requests(2);
        server.open_gate();
    }
    CHECK(server.requests() >= 2);
}
