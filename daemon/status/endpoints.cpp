// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/endpoints.hpp"

#include "config/scalars.hpp"
#include "config/utf8.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/status/metrics_text.hpp"
#include "daemon/status/page.hpp"
#include "state/state_error.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

constexpr int unavailable = 503;
constexpr int bad_request = 400;
constexpr const char* healthy_path = "/-/healthy";

WebResponse metrics(const SnapshotBoard& board) {
    return {200, render_metrics(*board.current(), process_usage(), current_time().wall),
            "text/plain; version=0.0.4; charset=utf-8"};
}

WebResponse healthy(LoopPulse& pulse, std::chrono::milliseconds patience) {
    const LoopPulse::Answer answer = pulse.ask(patience);
    const double bound = std::chrono::duration<double>(answer.bound).count(); // seconds
    switch (answer.beat) {
    case LoopPulse::Beat::turned:
        return {200, "healthy\n"};
    case LoopPulse::Beat::long_step:
        return {200, fmt::format("healthy: a large file is worked on, for which there are {} s\n", bound)};
    case LoopPulse::Beat::missed:
        break;
    }
    return {unavailable, fmt::format("not healthy: the loop did not come round within {} s\n", bound)};
}

WebResponse ready(const SnapshotBoard& board) {
    const std::string why = not_ready_because(*board.current());
    return why.empty() ? WebResponse{200, "ready\n"}
                       : WebResponse{unavailable, fmt::format("not ready: {}\n", visible_text(why))};
}

// What a query asks for.
struct Page {
    std::optional<KeyId> after;
    std::size_t limit = default_page;
};

// Or what is wrong with it.
std::variant<Page, std::string> parse_page(const Query& query) {
    Page page;
    for (const auto& [name, value] : query) {
        if (name == "after") {
            page.after = KeyId::parse(value);
            if (!page.after) {
                return "after: not an id of 24 hex digits\n";
            }
        } else if (name == "limit") {
            const auto limit = parse_unsigned(value);
            if (!limit || *limit < 1 || *limit > largest_page) {
                return fmt::format("limit: not a number from 1 to {}\n", largest_page);
            }
            page.limit = *limit;
        } else {
            return "there are two parameters: after, limit\n";
        }
    }
    return page;
}

WebResponse status_json(const SnapshotBoard& board, StatusReader& reader, const Query& query) {
    const auto parsed = parse_page(query);
    if (const auto* wrong = std::get_if<std::string>(&parsed)) {
        return {bad_request, *wrong};
    }
    const Page page = std::get<Page>(parsed);
    const WallTime now = current_time().wall;
    StatusReport report = *reader.report(*board.current(), now);
    std::vector<KnownKey> keys = reader.keys(page.after, page.limit + 1);
    report.next_after.emplace();
    if (keys.size() > page.limit) {
        keys.pop_back();
        report.next_after = keys.back().id;
    }
    report.generated_at = now;
    std::size_t at = 0;
    return {200, render_status_json(report, [&] { return at < keys.size() ? &keys[at++] : nullptr; }),
            "application/json"};
}

} // namespace

std::string not_ready_because(const StatusSnapshot& snapshot) {
    if (!snapshot.last_load_good) {
        return snapshot.load_problem.empty() ? "the desired file was not read yet" : snapshot.load_problem;
    }
    if (!snapshot.state_trouble.empty()) {
        return snapshot.state_trouble;
    }
    if (!snapshot.denial.empty()) {
        return "access is denied: " + snapshot.denial;
    }
    return snapshot.api_unavailable ? "the API does not answer" : "";
}

std::optional<WebResponse> hanging(LoopPulse& pulse, std::string_view path, MonoTime now) {
    const auto silence = pulse.silence(now);
    if (path == healthy_path || silence < longest_silence) {
        return std::nullopt;
    }
    return WebResponse{
        unavailable,
        fmt::format(
            "apikeyd hangs: its loop has not come round for more than {} s. What it told before may be "
            "true no longer. systemd's watchdog ends it; elsewhere, restart it. A disk that "
            "doesn't answer is the usual cause\n",
            std::chrono::floor<std::chrono::seconds>(silence).count())};
}

void add_endpoints(Site& site, const SnapshotBoard& board, LoopPulse& pulse, StatusReader& reader,
                   std::chrono::milliseconds patience) {
    add_page(site, board, reader);
    site.add("/metrics", [&board](const Query&) { return metrics(board); });
    site.set_guard([&pulse](std::string_view path) { return hanging(pulse, path, current_time().mono); });
    site.add(healthy_path, [&pulse, patience](const Query&) { return healthy(pulse, patience); });
    site.add("/-/ready", [&board](const Query&) { return ready(board); });
    site.add("/status.json", [&board, &reader](const Query& query) -> WebResponse {
        try {
            return status_json(board, reader, query);
        } catch (const StateError& error) {
            return {unavailable, fmt::format("the state can't be read: {}\n", visible_text(error.what()))};
        }
    });
}

} // namespace apikeyd
