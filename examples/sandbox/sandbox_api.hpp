// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "examples/sandbox/guarded.hpp"
#include "examples/sandbox/journal.hpp"
#include "examples/sandbox/raw_answers.hpp"
#include "examples/sandbox/update_input.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>

namespace apikeyd::sandbox {

// A request to anything outside the admin endpoints.
struct ApiCall {
    std::string method;
    std::string target;                // path and query as sent
    std::string path;                  // decoded
    std::optional<std::string> bearer; // the token; nothing: no Authorization of that kind
    UpdateCall update;
};

struct Decision {
    Answer answer;
    Manner manner = Manner::whole;
};

// What the API and its admin endpoints do, without sockets. Safe to use from several threads: a request takes
// its fault, is applied and is journalled in one step, so the journal's order is the order of what happened.
class SandboxApi {
  public:
    struct State {
        KeyWorld world;
        FaultSchedule faults;
        Journal journal;
    };

    SandboxApi(State state, std::string base, std::chrono::milliseconds latency);

    Decision answer(const ApiCall& call);

    // Everything under /sandbox/. `query`, `body`: decoded, as sent.
    Answer answer_admin(const std::string& method, const std::string& path,
                        const std::vector<std::pair<std::string, std::string>>& query,
                        const std::string& body);

    std::size_t keys();
    std::chrono::milliseconds latency() const { return std::chrono::milliseconds{latency_.load()}; }

    // Counts a request as under way for as long as it lives; `key`: as the request names it, if any.
    class UnderWay {
      public:
        UnderWay(SandboxApi& api, std::optional<KeyId> key, bool new_connection);
        ~UnderWay();
        UnderWay(const UnderWay&) = delete;
        UnderWay& operator=(const UnderWay&) = delete;

      private:
        SandboxApi& api_;
        std::optional<KeyId> key_;
    };

  private:
    struct Stats {
        std::uint64_t requests = 0;
        std::uint64_t connections = 0; // that carried a request
        std::uint64_t now = 0;
        std::uint64_t most = 0;
        std::uint64_t most_per_key = 0;
        std::unordered_map<KeyId, std::uint64_t> now_per_key;
    };

    std::optional<Refusal> misdirected(const ApiCall& call) const;

    Answer list_keys();
    Answer show_key(const std::string& id);
    Answer change_key(const std::string& id, const std::string& body);
    Answer set_faults(const std::string& spec);
    Answer set_latency(const std::string& text);
    Answer set_token(const std::string& text);
    Answer report_stats();

    Guarded<State> state_;
    Guarded<Stats> stats_;
    const std::string base_;
    std::atomic<std::chrono::milliseconds::rep> latency_;
};

} // namespace apikeyd::sandbox
