// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/html_text.hpp"
#include "daemon/status/page_parts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace apikeyd {

namespace {

// In units of the drawing, which is scaled as a whole.
constexpr double width = 360, step = 6, gap = 1.4;
constexpr double bars_top = 16, bars_bottom = 84;
constexpr double latency_top = 112, latency_bottom = 150, height = 166;

struct Sum {
    std::uint64_t requests = 0, failed = 0;
    std::uint32_t most = 0; // in one minute
    std::chrono::milliseconds total{0}, slowest{0};

    std::chrono::milliseconds average() const {
        return total / std::max<std::int64_t>(1, static_cast<std::int64_t>(requests));
    }
};

Sum sum_up(const Traffic::Hour& hour) {
    Sum sum;
    for (const TrafficMinute& minute : hour) {
        sum.requests += minute.requests;
        sum.failed += minute.failed;
        sum.most = std::max(sum.most, minute.requests);
        sum.total += minute.total;
        sum.slowest = std::max(sum.slowest, minute.slowest);
    }
    return sum;
}

std::string counted_requests(std::uint64_t count) {
    return grouped(count) + (count == 1 ? " request" : " requests");
}

// "1,234 requests, 12 of them failed; 23 ms on average, 1.2 s at most"
std::string in_words(const Sum& sum) {
    return fmt::format("{}, {}; {} on average, {} at most", counted_requests(sum.requests),
                       sum.failed == 0 ? "none of them failed" : grouped(sum.failed) + " of them failed",
                       milliseconds_text(sum.average()), milliseconds_text(sum.slowest));
}

std::string rect(const char* kind, double x, double top, double bottom) {
    return fmt::format(R"(<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>)", kind, x,
                       top, step - gap, bottom - top);
}

// What failed stands on top of what didn't, in another pattern.
std::string bars(const Traffic::Hour& hour, const Sum& sum) {
    std::string text;
    double x = gap / 2;
    for (const TrafficMinute& minute : hour) {
        const double unit = (bars_bottom - bars_top) / std::max(1U, sum.most);
        const double all = bars_bottom - unit * minute.requests;
        const double good = bars_bottom - unit * (minute.requests - minute.failed);
        if (minute.requests > minute.failed) {
            text += rect("good", x, std::min(good, bars_bottom - 1.5), bars_bottom);
        }
        if (minute.failed > 0) {
            text += rect("failed", x, std::min(all, good - 2), good);
        }
        x += step;
    }
    return text;
}

std::string latencies(const Traffic::Hour& hour, const Sum& sum) {
    std::string text;
    double x = gap / 2;
    const double unit =
        (latency_bottom - latency_top) / static_cast<double>(std::max<std::int64_t>(1, sum.slowest.count()));
    for (const TrafficMinute& minute : hour) {
        if (minute.requests > 0) {
            const double slowest = latency_bottom - unit * static_cast<double>(minute.slowest.count());
            const double average =
                latency_bottom - unit * static_cast<double>(minute.total.count()) / minute.requests;
            text += rect("slowest", x, std::min(slowest, latency_bottom - 1.5), latency_bottom) +
                    rect("average", x, average - 1, average + 1);
        }
        x += step;
    }
    return text;
}

std::string drawing(const Traffic::Hour& hour, const Sum& sum) {
    return fmt::format(
        R"(<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="Requests of the last hour, minute by minute: {words}">
<text x="0" y="9">requests a minute, at most {most}</text>
<path class="axis" d="M0 {bars_bottom}H{width}"/>{bars}
<text x="0" y="104">duration, at most {slowest}</text>
<path class="axis" d="M0 {latency_bottom}H{width}"/>{latencies}
<text x="0" y="{labels}">60 min ago</text><text x="{width}" y="{labels}" text-anchor="end">now</text>
</svg>
)",
        fmt::arg("width", width), fmt::arg("height", height), fmt::arg("labels", height - 4),
        fmt::arg("words", in_words(sum)), fmt::arg("most", sum.most), fmt::arg("bars_bottom", bars_bottom),
        fmt::arg("bars", bars(hour, sum)), fmt::arg("slowest", milliseconds_text(sum.slowest)),
        fmt::arg("latency_bottom", latency_bottom), fmt::arg("latencies", latencies(hour, sum)));
}

std::string as_table(const Traffic::Hour& hour) {
    std::string rows;
    for (auto minute = hour.rbegin(); minute != hour.rend(); ++minute) {
        if (minute->requests > 0) {
            rows += fmt::format(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                format_rfc3339(minute->begins()).substr(11, 5), minute->requests, minute->failed,
                milliseconds_text(minute->total / minute->requests), milliseconds_text(minute->slowest));
        }
    }
    return fmt::format(R"(<details id="traffic-table"><summary>As a table</summary><table class="minutes">
<thead><tr><th scope="col">minute (UTC)</th><th scope="col">requests</th><th scope="col">failed</th><th scope="col">average</th><th scope="col">at most</th></tr></thead>
<tbody>
{}</tbody></table></details>
)",
                       rows);
}

std::string content(const Traffic::Hour& hour, const Sum& sum) {
    if (sum.requests == 0) {
        return R"(<p class="empty">No requests in the last hour.</p>)";
    }
    return fmt::format(
        R"(<figure>{}<figcaption>{}. <span class="legend"><span class="swatch good"></span>answered <span class="swatch failed"></span>failed <span class="swatch average"></span>average <span class="swatch slowest"></span>slowest</span></figcaption></figure>
{})",
        drawing(hour, sum), in_words(sum), as_table(hour));
}

} // namespace

std::string traffic_section(const StatusSnapshot& snapshot, WallTime now) {
    const Traffic::Hour hour = snapshot.counters.traffic.last_hour(now);
    return R"(<section aria-labelledby="traffic-title"><h2 id="traffic-title">Requests, last hour</h2>
<div id="traffic" data-part>)" +
           content(hour, sum_up(hour)) + "</div></section>\n";
}

} // namespace apikeyd
