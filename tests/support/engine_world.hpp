// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/runtime/engine.hpp"
#include "tests/support/desired.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/temp_folder.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace apikeyd::test {

// An API in memory that does as it is told.
class FakeApi {
  public:
    class Connection final : public Transport {
      public:
        explicit Connection(FakeApi& api)
            : api_(api) {}
        Exchange send(const Request& request) override { return api_.serve(request); }

      private:
        FakeApi& api_;
    };

    std::vector<std::unique_ptr<Transport>> connections() {
        std::vector<std::unique_ptr<Transport>> made;
        made.push_back(std::make_unique<Connection>(*this));
        made.push_back(std::make_unique<Connection>(*this));
        return made;
    }

    // The bodies that came, in order.
    std::vector<std::string> received() {
        const std::lock_guard lock(mutex_);
        return received_;
    }
    void forget() {
        const std::lock_guard lock(mutex_);
        received_.clear();
    }

  private:
    Exchange serve(const Request& request) {
        const std::lock_guard lock(mutex_);
        received_.push_back(request.body);
        const std::string id = request.target.substr(request.target.size() - 24);
        bool& enabled = enabled_.try_emplace(id, true).first->second;
        if (request.body.find("\"enabled\":") != std::string::npos) {
            enabled = request.body.find("\"enabled\":true") != std::string::npos;
        }
        Response response;
        response.status = 200;
        response.content_type = "application/json";
        response.body = Secret(R"({"id":")" + id + R"(","name":"k","enabled":)" +
                               (enabled ? "true" : "false") + R"(,"secret":"s3cr3t-of-)" + id +
                               R"(","organization":{"id":"5e5677d71bdc2ae763449680","name":"ACME"},)"
                               R"("createdAt":"2024-01-01T00:00:00Z","updatedAt":"2024-01-01T00:00:00Z"})");
        return response;
    }

    std::mutex mutex_;
    std::vector<std::string> received_;
    std::map<std::string, bool> enabled_;
};

// The engine on a real loop, with a state file that the test can take away.
class EngineWorld {
  public:
    // `state_file`: of an earlier process; empty: there was none.
    explicit EngineWorld(EngineOptions options = {}, const std::string& state_file = {})
        : state(state_file.empty() ? folder / "state.db" : state_file)
        , log(LogFormat::text, LogLevel::debug,
              [this](LogLevel, const std::string& line) { lines.push_back(line); })
        , engine(loop, log, StateStore::open(state), Reconciler(ReconcilerOptions{}, [] { return 0ULL; }),
                 std::move(options), api.connections(), [] {}) {}

    void edit(const std::vector<Wanted>& wanted) {
        engine.desired(std::make_shared<const DesiredState>(desired_state(wanted, current_time().wall)),
                       std::nullopt);
    }
    bool until(const std::function<bool()>& condition) {
        for (const auto end = current_time().mono + std::chrono::seconds{20}; !condition();) {
            if (current_time().mono > end) {
                return false;
            }
            loop.step(std::chrono::milliseconds{100});
        }
        return true;
    }
    bool converges() {
        return until([&] { return engine.idle() && engine.last_finished(); });
    }
    bool told(const std::string& event) const { return times_told(event) > 0; }
    std::size_t times_told(const std::string& what) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            lines, [&](const std::string& line) { return line.find(what) != std::string::npos; }));
    }
    std::vector<std::string> reasons() { // of the history, oldest first
        std::vector<std::string> found;
        for (const HistoryEntry& entry : engine.store().history({})) {
            found.push_back(entry.reason);
        }
        return found;
    }

    TempFolder folder;
    std::string state;
    std::vector<std::string> lines;
    EventLoop loop;
    Log log;
    FakeApi api;
    Engine engine;
};

// A state for an EngineWorld, whose clock was looked at two days and a day ago; its history is of two days
// ago, and of an hour.
struct OldHistory {
    TempFolder folder;
    std::string state = folder / "state.db";

    // `rows`: of two days ago.
    explicit OldHistory(int rows) {
        using namespace std::chrono_literals;
        const WallTime now = current_time().wall;
        StateStore store = StateStore::open(state);
        store.proven_time(now - 49h);
        store.proven_time(now - 25h);
        StateBatch batch;
        for (int i = 0; i <= rows; ++i) {
            HistoryEntry& entry = batch.history.emplace_back();
            entry.at = now - (i == rows ? 1h : 60h);
            entry.reason = "old";
        }
        store.commit(batch);
    }

    static EngineOptions kept_for_a_day() {
        EngineOptions options;
        options.retention = std::chrono::hours{24};
        return options;
    }
};

} // namespace apikeyd::test
