// SPDX-License-Identifier: Apache-2.0
#include "config/secret_words.hpp"
#include "config/utf8.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/reading.hpp"
#include "daemon/cli/status_source.hpp"
#include "daemon/cli/status_text.hpp"
#include "daemon/cli/status_watch.hpp"
#include "daemon/runtime/event_loop.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace apikeyd {

namespace {

StatusFilter require_filter(const CommandLine& line) {
    StatusFilter filter;
    filter.key = require_key(line);
    for (const std::string& word : line.only) {
        bool* const chosen = word == "in-doubt"   ? &filter.in_doubt
                             : word == "rejected" ? &filter.rejected
                             : word == "held"     ? &filter.held
                                                  : nullptr;
        if (chosen == nullptr) {
            throw CommandError(exit_usage, fmt::format("--only: {} is no kind of keys; there are in-doubt, "
                                                       "rejected, held",
                                                       visible_text(quote_unless_token(word))));
        }
        *chosen = true;
    }
    return filter;
}

} // namespace

int status_command(const CommandLine& line) {
    const StatusFilter filter = require_filter(line);
    if (line.watch && !wants_report(line)) {
        throw CommandError(exit_usage, "--watch: with --quiet there is nothing to show");
    }
    const Settings settings = require_settings(line);
    if (line.watch) {
        watch_status(line, settings, filter);
        return exit_ok;
    }
    StateStore store = require_state(settings);
    if (wants_report(line)) {
        StatusReport report = make_status_report(store, current_time().wall);
        report.filtered = filter.any();
        report.upcoming = upcoming_by_the_file(settings.keys, filter, store, report.generated_at);
        const KeySource next = keys_to_show(store, filter, report);
        print(line.format == OutputFormat::json
                  ? render_status_json(report, next)
                  : render_status_text(report, next, wants_color(line, STDOUT_FILENO)));
    }
    return exit_ok;
}

} // namespace apikeyd
