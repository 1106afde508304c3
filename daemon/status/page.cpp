// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/page.hpp"

#include "config/utf8.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/status/html_style.hpp"
#include "daemon/status/page_parts.hpp"
#include "daemon/status/page_script.hpp"
#include "daemon/status/page_style.hpp"
#include "state/state_error.hpp"

#include <fmt/format.h>

#include <utility>

namespace apikeyd {

namespace {

constexpr int bad_request = 400;
constexpr int unavailable = 503;
constexpr std::size_t shown_changes = 12;

// What stands beside the page, and nothing else in the world.
constexpr const char* page_policy =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

WebResponse busy() {
    WebResponse response{unavailable, "others are looking at all the keys just now: try again\n"};
    response.headers["Retry-After"] = "1";
    return response;
}

WebResponse page(const SnapshotBoard& board, StatusReader& reader, const Query& query) {
    auto parsed = parse_key_query(query);
    if (auto* wrong = std::get_if<std::string>(&parsed)) {
        return {bad_request, std::move(*wrong)};
    }
    PageData data;
    data.query = std::get<KeyQuery>(parsed);
    data.snapshot = board.current();
    try {
        const auto report = reader.report(*data.snapshot, current_time().wall);
        data.table = reader.key_table(*data.snapshot, *report, data.query);
        if (!data.table) {
            return busy();
        }
        data.history = reader.history(shown_changes);
        data.report = report;
    } catch (const StateError& error) {
        data.state_problem = error.what();
        data.report.reset();
        data.table.reset();
        data.history = {};
    }
    data.now = current_time().wall; // after what was read: nothing of it lies in the future
    return {200, render_page(data), "text/html; charset=utf-8", {{"Content-Security-Policy", page_policy}}};
}

} // namespace

void add_page(Site& site, const SnapshotBoard& board, StatusReader& reader) {
    site.add("/", [&board, &reader](const Query& query) { return page(board, reader, query); });
    // Whether there is anything new to fetch.
    site.add("/page.version", [&board](const Query&) -> WebResponse {
        return {200, page_version(*board.current()) + "\n"};
    });
    site.add("/page.css", [](const Query&) -> WebResponse {
        return {200, std::string(html_style) + std::string(page_style), "text/css; charset=utf-8"};
    });
    site.add("/page.js", [](const Query&) -> WebResponse {
        return {200, std::string(page_script), "text/javascript; charset=utf-8"};
    });
    site.add("/icon.svg", [](const Query& query) -> WebResponse {
        const auto verdict = query.find("verdict");
        return {200, icon_svg(verdict == query.end() ? "" : verdict->second), "image/svg+xml"};
    });
}

} // namespace apikeyd
