// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.hpp"
#include "daemon/cli/color.hpp"
#include "daemon/cli/history_report.hpp"
#include "daemon/cli/text_columns.hpp"
#include "daemon/runtime/digest.hpp"
#include "daemon/status/history_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace apikeyd {

namespace {

constexpr std::size_t widest_name = 40;
constexpr std::size_t shown_commit_digits = 12;

// To the second: 2026-12-31T23:59:59Z
std::string seconds_of(WallTime time) {
    return format_rfc3339(time).substr(0, 19) + "Z";
}

std::string join(const std::vector<std::string>& parts) {
    return fmt::format("{}", fmt::join(parts, ", "));
}

const char* color_of(HistoryTone tone) {
    switch (tone) {
    case HistoryTone::better:
        return sgr::green;
    case HistoryTone::worse:
        return sgr::red;
    case HistoryTone::changed:
        return sgr::yellow;
    case HistoryTone::plain:
        break;
    }
    return sgr::bold;
}

std::string shown_name(const HistoryEntry& entry) {
    const std::string name = name_in_history(entry);
    return name.empty() ? "(name not known)" : visible_text(name);
}

std::string short_revision(std::string_view digest) {
    return visible_text(short_digest(digest));
}

// "changed, HTTP 200 in 17 ms, attempt 2; keys.yaml:4, revision 3b18e512dba7"
std::string circumstances(const HistoryEntry& entry) {
    std::vector<std::string> how;
    std::vector<std::string> where;
    if (entry.id) {
        how.push_back(visible_text(entry.reason));
        how.push_back(
            fmt::format("{} in {} ms",
                        entry.http_status == 0 ? "no HTTP status" : fmt::format("HTTP {}", entry.http_status),
                        entry.duration.count()));
        if (entry.attempt > 1) {
            how.push_back(fmt::format("attempt {}", entry.attempt));
        }
        if (!entry.actor.empty()) {
            how.push_back("by " + visible_text(entry.actor));
        }
    }
    if (!entry.source.empty()) {
        where.push_back(visible_text(entry.source));
    }
    if (!entry.revision.empty()) {
        where.push_back("revision " + short_revision(entry.revision));
    }
    return join(how) + (how.empty() || where.empty() ? "" : "; ") + join(where);
}

std::string commit_words(const std::string& reference, const std::map<std::string, Commit>& commits) {
    const auto found = commits.find(reference);
    const bool known = found != commits.end() && !found->second.author.empty();
    const std::string id = visible_text(std::string_view(reference).substr(0, shown_commit_digits));
    if (!known) {
        return "commit " + id;
    }
    const Commit& commit = found->second;
    return fmt::format("commit {}{}, {}, {}: {}", id, commit.uncommitted ? " and edits since" : "",
                       visible_text(commit.author), seconds_of(commit.authored_at),
                       visible_text(quote_text(commit.subject)));
}

} // namespace

std::string render_history_text(const HistoryReport& report, bool color) {
    std::size_t width = 0;
    for (const HistoryEntry& entry : report.entries) {
        width = std::max(width, entry.id ? columns(shown_name(entry)) : 0);
    }
    width = std::min(width, widest_name);
    std::string text = report.more ? "... there is more before this; --limit N shows it\n" : "";
    for (const HistoryEntry& entry : report.entries) {
        const HistoryWords what = what_happened(entry);
        const std::string key =
            entry.id ? fmt::format("{}  {}  ", entry.id->to_string(), padded(shown_name(entry), width)) : "";
        text += fmt::format("{}  {}{}\n", seconds_of(entry.at), key,
                            colored(visible_text(what.text), color_of(what.tone), color));
        for (const std::string& more :
             {circumstances(entry),
              entry.commit.empty() ? std::string{} : commit_words(entry.commit, report.commits)}) {
            text += more.empty() ? "" : "    " + colored(more, sgr::dim, color) + "\n";
        }
    }
    return report.entries.empty() ? "no entries\n" : text;
}

std::string render_verdict_text(const HistoryVerdict& verdict, bool color) {
    const auto rows = [](std::uint64_t count) {
        return fmt::format("{} row{}", count, count == 1 ? "" : "s");
    };
    const std::string pruned =
        verdict.pruned_to ? fmt::format(" (those up to row {} were pruned)", *verdict.pruned_to) : "";
    const std::string unchained =
        verdict.unchained == 0
            ? ""
            : fmt::format("history: {} older, from before rows were chained: NOT CHECKED\n",
                          rows(verdict.unchained));
    if (!verdict.fault) {
        return fmt::format("history: {}{}, {}, head {}\n{}", rows(verdict.rows), pruned,
                           colored("intact", sgr::green, color), verdict.head, unchained);
    }
    const std::int64_t seq = verdict.fault->seq;
    std::string what;
    switch (verdict.fault->kind) {
    case HistoryFault::Kind::changed:
        what = fmt::format("row {} is not as it was written, or the one before it isn't", seq);
        break;
    case HistoryFault::Kind::missing:
        what = fmt::format("row {} is missing", seq);
        break;
    case HistoryFault::Kind::added:
        what = fmt::format("row {} was put there by something else than apikeyd", seq);
        break;
    case HistoryFault::Kind::head_missing:
        what = fmt::format("the mark of the newest row is missing; rows after {} may be, too", seq);
        break;
    case HistoryFault::Kind::anchor_changed:
        what = "the mark of what was pruned is not the one that the history names";
    }
    return fmt::format("history: {}: {}; {} before that {} intact\n{}",
                       colored("NOT INTACT", sgr::red, color), what, rows(verdict.rows),
                       verdict.rows == 1 ? "is" : "are", unchained);
}

} // namespace apikeyd
