// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.hpp"
#include "daemon/cli/color.hpp"
#include "daemon/cli/drift_report.hpp"
#include "daemon/cli/drift_words.hpp"
#include "daemon/cli/status_report.hpp"

#include <fmt/format.h>

namespace apikeyd {

namespace {

std::string key_line(const KnownKey& key, bool held, WallTime now, bool color) {
    std::string line = key.id.to_string();
    if (key.observed) {
        line += fmt::format("  {:<8}  {}  answered {}", key.observed->enabled ? "enabled" : "disabled",
                            visible_text(quote_text(key.observed->name)),
                            describe_age(key.observed->observed_at, now));
    } else {
        line += "  never answered";
    }
    if (key.doubt.any()) {
        const char* fields = key.doubt.name && key.doubt.enabled ? "name and enabled"
                             : key.doubt.name                    ? "name"
                                                                 : "enabled";
        line += fmt::format("  {}: {}, sent {}", colored("IN DOUBT", sgr::yellow, color), fields,
                            describe_age(key.doubt.since, now));
    }
    if (key.rejection) {
        line += fmt::format("  {} {}: {}", colored("REJECTED", sgr::red, color),
                            describe_age(key.rejection->at, now), visible_text(key.rejection->why));
    }
    if (held) {
        line += "  " + colored("HELD", sgr::red, color);
    }
    return line + "\n";
}

std::string held_line(const HeldPlan& plan, WallTime now, bool color) {
    if (plan.approved_at) {
        return fmt::format("approved {}: {} disables, {}\n", describe_age(*plan.approved_at, now),
                           plan.ids.size(), plan.digest);
    }
    return fmt::format("{}, begun {}: {}; {}", colored("HELD", sgr::red, color),
                       describe_age(plan.since, now), visible_text(plan.why), approve_lines(plan.digest));
}

std::string suspension_line(const Suspension& suspension, WallTime now, bool color) {
    return fmt::format("{} until {}, begun {}{}{}: nothing is sent\n", colored("SUSPENDED", sgr::red, color),
                       format_rfc3339(suspension.until), describe_age(suspension.since, now),
                       suspension.by.empty() ? "" : " by " + visible_text(suspension.by),
                       suspension.reason.empty() ? "" : " (" + visible_text(suspension.reason) + ")");
}

std::string upcoming_line(const DriftReport::Upcoming& change, WallTime now) {
    return fmt::format("coming: {} ({})  {}  {}  {}  {}\n", format_second(change.at),
                       describe_wait(change.at, now), change.enabled ? "enable" : "disable",
                       change.id.to_string(), visible_text(quote_text(change.name)),
                       visible_text(source_of(change.file, change.line)));
}

std::string last_line(const ReconciliationEntry& entry, WallTime now) {
    return fmt::format(
        "last reconciliation: #{}, {}, begun {}: {} planned, {} applied, {} rejected, {} failed, {} held; "
        "revision {}\n",
        entry.seq, entry.finished_at ? entry.result : "not finished", describe_age(entry.started_at, now),
        entry.planned, entry.applied, entry.rejected, entry.failed, entry.held, entry.revision);
}

} // namespace

std::string render_status_text(const StatusReport& report, const KeySource& next, bool color) {
    const WallTime now = report.generated_at;
    std::string text;
    while (const KnownKey* key = next()) {
        text += key_line(*key, report.holds(key->id), now, color);
    }
    if (text.empty() && report.filtered) {
        text = "no such key\n";
    }
    text += fmt::format("{} known, {} in doubt, {} rejected\n", report.counts.known, report.counts.in_doubt,
                        report.counts.rejected);
    if (report.suspension) {
        text += suspension_line(*report.suspension, now, color);
    }
    if (report.held) {
        text += held_line(*report.held, now, color);
    }
    if (!report.upcoming) {
        text += "coming: not known, the desired file can't be read; see `apikeyd validate`\n";
    } else {
        for (const DriftReport::Upcoming& change : *report.upcoming) {
            text += upcoming_line(change, now);
        }
    }
    if (report.last) {
        text += last_line(*report.last, now);
    }
    return text;
}

} // namespace apikeyd
