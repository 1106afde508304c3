// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/engine.hpp"

#include "tests/support/desired.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <filesystem>
#include <mutex>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

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
    EngineWorld()
        : log(LogFormat::text, LogLevel::debug,
              [this](LogLevel, const std::string& line) { lines.push_back(line); })
        , engine(loop, log, StateStore::open(state), Reconciler(ReconcilerOptions{}, [] { return 0ULL; }),
                 EngineOptions{}, api.connections(), [] {}) {}

    void edit(const std::vector<Wanted>& wanted) {
        engine.desired(std::make_shared<const DesiredState>(desired_state(wanted)), std::nullopt);
    }
    bool until(const std::function<bool()>& condition) {
        for (const auto end = current_time().mono + 20s; !condition();) {
            if (current_time().mono > end) {
                return false;
            }
            loop.step(100ms);
        }
        return true;
    }
    bool converges() {
        return until([&] { return engine.idle() && engine.last_finished(); });
    }
    bool told(const std::string& event) const {
        return std::ranges::any_of(
            lines, [&](const std::string& line) { return line.find(event) != std::string::npos; });
    }

    TempFolder folder;
    std::string state = folder / "state.db";
    std::vector<std::string> lines;
    EventLoop loop;
    Log log;
    FakeApi api;
    Engine engine;
};

std::vector<Wanted> three(bool enabled) {
    return {{key_id(1), "k", enabled}, {key_id(2), "k", enabled}, {key_id(3), "k", enabled}};
}

} // namespace

TEST_CASE("engine: converges, and tells each returned key without its secret") {
    EngineWorld world;
    world.edit(three(true));
    REQUIRE(world.converges());
    CHECK(world.api.received().size() == 3);
    CHECK(world.told("api_key_updated"));
    CHECK_FALSE(world.told("s3cr3t"));
    CHECK(world.engine.last_finished()->result == Result::converged);
}

TEST_CASE("engine: what was superseded while the state could not be written is never sent") {
    EngineWorld world;
    world.edit(three(true));
    REQUIRE(world.converges());
    world.api.forget();
    fs::rename(world.state, world.folder / "elsewhere");

    world.edit(three(false));
    CHECK(world.engine.state_trouble());
    world.edit(three(true));
    CHECK(world.told("state_unavailable"));
    CHECK_FALSE(world.engine.idle());

    fs::rename(world.folder / "elsewhere", world.state);
    REQUIRE(world.until([&] { return !world.engine.state_trouble() && world.engine.idle(); }));
    CHECK(world.told("state_recovered"));
    CHECK(world.api.received().empty());
}

TEST_CASE("engine: nothing is sent that could not be marked; once it can, it is") {
    EngineWorld world;
    world.edit(three(true));
    REQUIRE(world.converges());
    world.api.forget();
    fs::rename(world.state, world.folder / "elsewhere");
    world.edit(three(false));
    world.loop.step(50ms);
    CHECK(world.api.received().empty());
    fs::rename(world.folder / "elsewhere", world.state);
    REQUIRE(world.until([&] { return !world.engine.state_trouble() && world.engine.idle(); }));
    CHECK(world.api.received().size() == 3);
}

TEST_CASE("engine: a state that was taken away is begun anew, and every key asserted") {
    EngineWorld world;
    world.edit(three(true));
    REQUIRE(world.converges());
    world.api.forget();
    for (const char* suffix : {"", "-wal", "-shm"}) {
        fs::remove(world.state + suffix);
    }
    world.edit({{key_id(1), "k", true}, {key_id(2), "k", true}});
    REQUIRE(world.until([&] { return !world.engine.state_trouble() && world.engine.idle(); }));
    CHECK(world.api.received().size() == 2);
    CHECK(StateStore::open_reader(world.state)->find(key_id(2))->observed);
}

TEST_CASE("engine: trouble is told once, not with every try") {
    EngineWorld world;
    world.edit(three(true));
    REQUIRE(world.converges());
    fs::rename(world.state, world.folder / "elsewhere");
    write_file(world.state, "not a database");
    world.edit(three(false));
    const auto end = current_time().mono + 2500ms; // two tries later
    while (current_time().mono < end) {
        world.loop.step(100ms);
    }
    const auto told = std::ranges::count_if(world.lines, [](const std::string& line) {
        return line.find("state_unavailable") != std::string::npos;
    });
    CHECK(told <= 2); // that it is gone, and that what is there is no database
    CHECK_FALSE(world.told("state_recovered"));
}

TEST_CASE("engine: an approval given beforehand lets the plan go that it names, and no other") {
    EngineWorld world;
    std::vector<Wanted> enabled;
    std::vector<Wanted> disabled;
    for (unsigned n = 1; n <= 6; ++n) {
        enabled.push_back({key_id(n), "k", true});
        disabled.push_back({key_id(n), "k", false});
    }
    world.edit(enabled);
    REQUIRE(world.converges());
    world.edit(disabled);
    REQUIRE(world.until([&] { return world.engine.held() && world.engine.idle(); }));
    const std::string digest = world.engine.held()->digest;
    world.api.forget();

    world.engine.approve("sha256:0000000000000000", "alice");
    CHECK(world.told("approval_unmatched"));
    CHECK(world.api.received().empty());

    world.engine.approve(digest.substr(7, 12), "alice");
    REQUIRE(world.until([&] { return !world.engine.held() && world.engine.idle(); }));
    CHECK(world.told("plan_approved"));
    CHECK(world.api.received().size() == 6);
}
