// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/counters.hpp"

#include <variant>

namespace apikeyd {

using namespace std::chrono_literals;

namespace {

// The API's document has 200 and 400 to 500 of these; proxies have the rest.
constexpr std::array expected_codes{
    Counters::not_sent, Counters::no_answer, 200, 400, 401, 403, 404, 429, 500, 502, 503, 504};
constexpr std::size_t most_codes = 64;

} // namespace

Counters::Counters()
    : request_duration{{5ms, 10ms, 25ms, 50ms, 100ms, 250ms, 500ms, 1s, 2500ms, 5s, 10s}}
    , reconcile_duration{{10ms, 50ms, 100ms, 500ms, 1s, 5s, 10s, 30s, 60s, 300s}} {
    for (const int code : expected_codes) {
        requests.emplace_back(code, 0);
    }
}

void Counters::answered(const Answer& answer) {
    const int code = std::holds_alternative<NotSent>(answer.outcome) ? not_sent : answer.status;
    auto at = std::ranges::lower_bound(requests, code, {}, &std::pair<int, std::uint64_t>::first);
    if (at == requests.end() || at->first != code) {
        const bool full = requests.size() >= most_codes;
        at = full && requests.back().first == other
                 ? requests.end() - 1
                 : requests.insert(full ? requests.end() : at, {full ? other : code, 0});
    }
    ++at->second;
    retries += answer.attempt > 1 ? 1 : 0;
    request_duration.observe(answer.duration);
}

void Counters::told(const Event& event) {
    if (const auto* finished = std::get_if<ReconcileFinished>(&event)) {
        ++reconciliations[static_cast<std::size_t>(finished->result)];
        reconcile_duration.observe(finished->duration);
    } else if (std::holds_alternative<SecretChanged>(event)) {
        ++secrets_changed;
    }
}

} // namespace apikeyd
