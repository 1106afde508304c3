// SPDX-License-Identifier: Apache-2.0
#include "config/scalars.hpp"
#include "config/secret_words.hpp"
#include "config/utf8.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/history_report.hpp"
#include "daemon/cli/reading.hpp"
#include "daemon/cli/time_argument.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "state/state_store.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace apikeyd {

namespace {

constexpr std::uint64_t most_entries = 1'000'000; // all of a report is in memory at once

HistoryFilter require_filter(const CommandLine& line, WallTime now) {
    HistoryFilter filter;
    filter.key = require_key(line);
    if (line.since) {
        filter.since = parse_time_argument(*line.since, now);
        if (!filter.since) {
            throw CommandError(exit_usage,
                               fmt::format("--since: {} is no time; write 2026-11-24, "
                                           "2026-11-24T08:00:00Z, or how long ago, as in 2h or 7d",
                                           visible_text(quote_unless_token(*line.since))));
        }
    }
    if (line.limit) {
        const auto limit = parse_unsigned(*line.limit);
        if (!limit || *limit == 0 || *limit > most_entries) {
            throw CommandError(exit_usage,
                               fmt::format("--limit: {} is not a number of entries from 1 to {}",
                                           visible_text(quote_unless_token(*line.limit)), most_entries));
        }
        filter.limit = *limit;
    }
    return filter;
}

HistoryReport make_report(StateStore& store, HistoryFilter filter, WallTime now) {
    HistoryReport report;
    report.generated_at = now;
    const std::size_t limit = filter.limit++; // one more tells whether there are more
    report.entries = store.history(filter);
    report.more = report.entries.size() > limit;
    if (report.more) {
        report.entries.erase(report.entries.begin());
    }
    for (const HistoryEntry& entry : report.entries) {
        if (!entry.commit.empty() && !report.commits.contains(entry.commit)) {
            if (auto commit = store.commit_of(entry.commit)) {
                report.commits.emplace(entry.commit, *std::move(commit));
            }
        }
    }
    return report;
}

int verify(StateStore& store, const CommandLine& line, WallTime now) {
    const HistoryVerdict verdict = store.verify_history();
    if (wants_report(line)) {
        print(line.format == OutputFormat::json
                  ? render_verdict_json(verdict, now)
                  : render_verdict_text(verdict, wants_color(line, STDOUT_FILENO)));
    }
    return verdict.fault ? exit_error : exit_ok;
}

} // namespace

int history_command(const CommandLine& line) {
    const WallTime now = current_time().wall;
    const HistoryFilter filter = require_filter(line, now);
    if (line.verify && (line.key || line.since || line.limit)) {
        throw CommandError(exit_usage,
                           "--verify checks the whole history; leave out --key, --since and --limit");
    }
    StateStore store = require_state(require_settings(line));
    if (line.verify) {
        return verify(store, line, now);
    }
    if (wants_report(line)) {
        const HistoryReport report = make_report(store, filter, now);
        print(line.format == OutputFormat::json
                  ? render_history_json(report)
                  : render_history_text(report, wants_color(line, STDOUT_FILENO)));
    }
    return exit_ok;
}

} // namespace apikeyd
