// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.hpp"
#include "daemon/cli/color.hpp"
#include "daemon/cli/history_report.hpp"
#include "daemon/cli/text_columns.hpp"
#include "daemon/runtime/digest.hpp"

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

std::string shown(std::string_view text) {
    return visible_text(quote_text(text));
}

std::string shown(const std::optional<bool>& enabled) {
    return enabled ? (*enabled ? "true" : "false") : "?";
}
std::string shown(const std::optional<std::string>& name) {
    return name ? shown(std::string_view(*name)) : "?";
}

// "enabled: true -> false", for a field that went from one value to the other.
template <typename T>
std::string step(const char* field, const std::optional<T>& from, const std::optional<T>& to) {
    return fmt::format("{}: {} -> {}", field, shown(from), shown(to));
}

std::string join(const std::vector<std::string>& parts) {
    return fmt::format("{}", fmt::join(parts, ", "));
}

// What was asked for.
std::string asked_steps(const HistoryEntry& entry) {
    std::vector<std::string> parts;
    if (entry.asked.enabled) {
        parts.push_back(step("enabled", entry.before_enabled, entry.asked.enabled));
    }
    if (entry.asked.name) {
        parts.push_back(step("name", entry.before_name, entry.asked.name));
    }
    return parts.empty() ? "looked at" : join(parts);
}

std::string foreign_steps(const HistoryEntry& entry, const ForeignChange& foreign) {
    std::vector<std::string> parts;
    if (foreign.enabled) {
        parts.push_back(step("enabled", entry.before_enabled, entry.after_enabled));
    }
    if (foreign.name) {
        parts.push_back(step("name", entry.before_name, entry.after_name));
    }
    return join(parts);
}

// What we made of it, foreign changes left out; where that is nothing, how it is.
std::string own_steps(const HistoryEntry& entry) {
    std::vector<std::string> parts;
    if (entry.asked.enabled && entry.before_enabled != entry.after_enabled) {
        parts.push_back(step("enabled", entry.before_enabled, entry.after_enabled));
    }
    if (entry.asked.name && entry.before_name != entry.after_name) {
        parts.push_back(step("name", entry.before_name, entry.after_name));
    }
    if (!parts.empty()) {
        return join(parts);
    }
    return fmt::format("{}: enabled: {}, name: {}", entry.asked.empty() ? "looked at" : "as it was",
                       shown(entry.after_enabled), shown(entry.after_name));
}

struct Words {
    std::string text;
    const char* color;
};

const char* color_of_step(const HistoryEntry& entry) {
    if (!entry.asked.enabled || entry.before_enabled == entry.after_enabled) {
        return sgr::yellow;
    }
    return entry.after_enabled == true ? sgr::green : sgr::red;
}

// What a lack of success is called.
std::string_view words_for(std::string_view outcome) {
    static constexpr std::pair<std::string_view, std::string_view> words[] = {
        {"unknown", "no answer"}, {"retryable", "no verdict"}, {"throttled", "throttled"},
        {"not_sent", "not sent"}, {"denied", "access denied"},
    };
    const auto* const found =
        std::ranges::find(words, outcome, &std::pair<std::string_view, std::string_view>::first);
    return found == std::end(words) ? outcome : found->second;
}

Words what_happened(const HistoryEntry& entry) {
    const std::string why = entry.detail.empty() ? "" : ": " + visible_text(entry.detail);
    if (!entry.id) {
        const std::string detail = entry.detail.empty() ? "" : " " + visible_text(entry.detail);
        const std::string by = entry.actor.empty() ? "" : fmt::format(" (by {})", visible_text(entry.actor));
        return {visible_text(entry.reason) + detail + by, sgr::bold};
    }
    if (entry.outcome == "rejected") {
        return {fmt::format("REJECTED {}{}", asked_steps(entry), why), sgr::red};
    }
    if (entry.outcome != "applied" && entry.outcome != "observed") {
        return {fmt::format("{}, {}{}", asked_steps(entry), visible_text(words_for(entry.outcome)), why),
                sgr::yellow};
    }
    const ForeignChange foreign = foreign_change(entry);
    if (foreign.any()) {
        const std::string theirs = "changed by someone else: " + foreign_steps(entry, foreign);
        return {entry.asked.empty() ? theirs : own_steps(entry) + "; " + theirs, sgr::yellow};
    }
    return {own_steps(entry), color_of_step(entry)};
}

std::string shown_name(const HistoryEntry& entry) {
    for (const auto* name : {&entry.after_name, &entry.before_name, &entry.asked.name}) {
        if (*name) {
            return visible_text(**name);
        }
    }
    return "(name not known)";
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
                       shown(std::string_view(commit.subject)));
}

} // namespace

ForeignChange foreign_change(const HistoryEntry& entry) {
    return {entry.before_name && entry.after_name && !entry.asked.name &&
                entry.before_name != entry.after_name,
            entry.before_enabled && entry.after_enabled && !entry.asked.enabled &&
                entry.before_enabled != entry.after_enabled};
}

std::string render_history_text(const HistoryReport& report, bool color) {
    std::size_t width = 0;
    for (const HistoryEntry& entry : report.entries) {
        width = std::max(width, entry.id ? columns(shown_name(entry)) : 0);
    }
    width = std::min(width, widest_name);
    std::string text = report.more ? "... there is more before this; --limit N shows it\n" : "";
    for (const HistoryEntry& entry : report.entries) {
        const Words what = what_happened(entry);
        const std::string key =
            entry.id ? fmt::format("{}  {}  ", entry.id->to_string(), padded(shown_name(entry), width)) : "";
        text += fmt::format("{}  {}{}\n", seconds_of(entry.at), key, colored(what.text, what.color, color));
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
