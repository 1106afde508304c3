// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/metrics_text.hpp"

#include "tests/support/keys.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <sstream>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

Answer answer(Outcome outcome, int status, std::chrono::milliseconds duration, unsigned attempt = 1) {
    return {key_id(1), std::move(outcome), status, duration, attempt};
}

std::string text_of(const StatusSnapshot& snapshot) {
    return render_metrics(snapshot, {4096, 1500ms}, at_second(100));
}

std::set<std::string> series_of(const std::string& text) {
    std::set<std::string> series;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('#')) {
            CHECK(series.insert(line.substr(0, line.rfind(' '))).second); // each once
        }
    }
    return series;
}

} // namespace

TEST_CASE("metrics: each request is counted once, by what came of it") {
    StatusSnapshot snapshot;
    snapshot.counters.answered(answer(Applied{}, 200, 5ms));
    snapshot.counters.answered(answer(Applied{}, 200, 6ms, 2));
    snapshot.counters.answered(answer(Unknown{"no answer"}, 0, 10001ms));
    snapshot.counters.answered(answer(NotSent{"refused"}, 0, 0ms, 3));
    snapshot.counters.answered(answer(Retryable{"teapot", {}}, 418, 30ms));
    const std::string text = text_of(snapshot);
    CHECK_THAT(text, Contains("apikeyd_api_requests_total{code=\"200\"} 2\n") &&
                         Contains("apikeyd_api_requests_total{code=\"no_answer\"} 1\n") &&
                         Contains("apikeyd_api_requests_total{code=\"not_sent\"} 1\n") &&
                         Contains("apikeyd_api_requests_total{code=\"418\"} 1\n") &&
                         Contains("apikeyd_api_retries_total 2\n"));
    // A bound belongs to its bucket, and each bucket holds those before it.
    CHECK_THAT(text, Contains("apikeyd_api_request_duration_seconds_bucket{le=\"0.005\"} 2\n") &&
                         Contains("apikeyd_api_request_duration_seconds_bucket{le=\"0.01\"} 3\n") &&
                         Contains("apikeyd_api_request_duration_seconds_bucket{le=\"10\"} 4\n") &&
                         Contains("apikeyd_api_request_duration_seconds_bucket{le=\"+Inf\"} 5\n") &&
                         Contains("apikeyd_api_request_duration_seconds_sum 10.042\n") &&
                         Contains("apikeyd_api_request_duration_seconds_count 5\n"));
}

TEST_CASE("metrics: a server that makes codes up makes no more series than there is room for") {
    Counters counters;
    for (int code = 100; code < 1000; ++code) {
        counters.answered(answer(Retryable{"", {}}, code, 1ms));
    }
    CHECK(counters.requests.size() <= 66);
    std::uint64_t sum = 0;
    for (const auto& [code, count] : counters.requests) {
        sum += count;
    }
    CHECK(sum == 900);
    CHECK(counters.requests.back().first == Counters::other);
    CHECK(std::ranges::is_sorted(counters.requests));
}

TEST_CASE("metrics: what the events tell is counted") {
    StatusSnapshot snapshot;
    ReconcileFinished finished;
    finished.duration = 60s;
    snapshot.counters.told(finished);
    finished.result = Result::held;
    finished.duration = 301s;
    snapshot.counters.told(finished);
    snapshot.counters.told(SecretChanged{key_id(1)});
    const std::string text = text_of(snapshot);
    CHECK_THAT(text, Contains("apikeyd_reconcile_total{result=\"converged\"} 1\n") &&
                         Contains("apikeyd_reconcile_total{result=\"held\"} 1\n") &&
                         Contains("apikeyd_reconcile_duration_seconds_bucket{le=\"60\"} 1\n") &&
                         Contains("apikeyd_reconcile_duration_seconds_bucket{le=\"300\"} 1\n") &&
                         Contains("apikeyd_reconcile_duration_seconds_bucket{le=\"+Inf\"} 2\n") &&
                         Contains("apikeyd_secret_changed_total 1\n"));
}

TEST_CASE("metrics: every series is there from the start, and none comes or goes with what happens") {
    StatusSnapshot snapshot;
    const auto at_first = series_of(text_of(snapshot));
    snapshot.desired = nullptr;
    snapshot.last_load_good = true;
    snapshot.last_good_load = at_second(3);
    snapshot.denial = "the token is wrong";
    snapshot.held_disables = 7;
    snapshot.hold_digest = "sha256:0123";
    snapshot.keys.by_state = {1, 2, 3, 4, 7};
    snapshot.suspension = Suspension{at_second(1), at_second(200), "a \"reason\"", "root"};
    snapshot.next_transition = at_second(1000);
    snapshot.counters.answered(answer(Denied{"no"}, 401, 5ms));
    const std::string text = text_of(snapshot);
    CHECK(series_of(text) == at_first);
    CHECK_THAT(
        text,
        Contains("apikeyd_keys{state=\"in_sync\"} 1\n") && Contains("apikeyd_keys{state=\"held\"} 7\n") &&
            Contains("apikeyd_held_disables 7\n") && Contains("apikeyd_api_denied 1\n") &&
            Contains("apikeyd_suspended 1\n") && Contains("apikeyd_desired_last_load_successful 1\n") &&
            Contains("process_resident_memory_bytes 4096\n") && Contains("process_cpu_seconds_total 1.5\n"));
    CHECK_THAT(text, !Contains("reason") && !Contains("0123") && !Contains("token is wrong"));
}

TEST_CASE("metrics: while all is as wanted, that is so now; else since when it was") {
    StatusSnapshot snapshot;
    CHECK_THAT(text_of(snapshot), Contains("apikeyd_last_converged_timestamp_seconds 0\n"));
    snapshot.last_converged = WallTime{1795569068120ms};
    CHECK_THAT(text_of(snapshot), Contains("apikeyd_last_converged_timestamp_seconds 1795569068.12\n"));
    snapshot.converged = true;
    const std::string now = std::to_string(
        std::chrono::duration_cast<std::chrono::seconds>(at_second(100).time_since_epoch()).count());
    CHECK_THAT(text_of(snapshot), Contains("apikeyd_last_converged_timestamp_seconds " + now + "\n"));
}

TEST_CASE("metrics: this process uses memory and time") {
    const ProcessUsage usage = process_usage();
    CHECK(usage.resident_bytes > 100'000);
    CHECK(usage.cpu > 0us);
}

TEST_CASE("metrics: what was refused is 1 for as long as it is") {
    StatusSnapshot snapshot;
    CHECK_THAT(text_of(snapshot),
               Contains("\napikeyd_settings_refused 0\n") && Contains("\napikeyd_token_refused 0\n"));
    snapshot.settings_refused = true;
    CHECK_THAT(text_of(snapshot),
               Contains("\napikeyd_settings_refused 1\n") && Contains("\napikeyd_token_refused 0\n"));
    snapshot.settings_refused = false;
    snapshot.token_refused = true;
    CHECK_THAT(text_of(snapshot),
               Contains("\napikeyd_settings_refused 0\n") && Contains("\napikeyd_token_refused 1\n"));
}
