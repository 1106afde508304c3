// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.hpp"
#include "daemon/runtime/digest.hpp"
#include "daemon/status/history_words.hpp"
#include "daemon/status/html_text.hpp"
#include "daemon/status/page_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace apikeyd {

namespace {

constexpr std::size_t most_coming = 8;
constexpr std::size_t commit_digits = 12;
constexpr std::size_t longest_name_beside = 80; // the table has more of it

std::string key_link(const KeyId& id, std::string_view name) {
    KeyQuery query;
    query.search = id.to_string();
    return fmt::format(R"(<a class="name" href="{}">{}</a>)", link_to(query),
                       name.empty() ? id.to_string() : html_name(name, longest_name_beside));
}

std::string coming_item(const Upcoming& coming) {
    return fmt::format(
        R"(<li class="{}"><span class="sign" aria-hidden="true">{}</span><div>{} {} <span class="what">{}</span><div class="small">{}</div></div></li>
)",
        coming.enabled ? "green" : "red", coming.enabled ? "●" : "○", html_wait(coming.at),
        key_link(coming.id, coming.name), coming.enabled ? "enabled" : "disabled",
        html_source(coming.file, coming.line));
}

const char* tone_of(HistoryTone tone) {
    switch (tone) {
    case HistoryTone::better:
        return "green";
    case HistoryTone::worse:
        return "red";
    case HistoryTone::changed:
        return "amber";
    case HistoryTone::plain:
        break;
    }
    return "grey";
}

std::string commit_text(const std::string& reference, const RecentHistory& history) {
    const std::string id = html_code(std::string_view(reference).substr(0, commit_digits));
    const auto found = history.commits.find(reference);
    if (found == history.commits.end()) {
        return "commit " + id;
    }
    const Commit& commit = found->second;
    return fmt::format("commit {}{} {}{}", id, commit.uncommitted ? " and edits since" : "",
                       html_isolated(quote_text(commit.subject)),
                       commit.author.empty() ? "" : ", " + html_isolated(commit.author));
}

std::string circumstances(const HistoryEntry& entry, const RecentHistory& history) {
    std::vector<std::string> parts;
    if (entry.id) {
        std::string reason = entry.reason;
        std::ranges::replace(reason, '_', ' ');
        parts.push_back(html_escaped(reason));
    }
    if (!entry.actor.empty() && entry.id) {
        parts.push_back("by " + html_isolated(entry.actor));
    }
    if (const std::size_t colon = entry.source.rfind(':'); colon != entry.source.npos) {
        parts.push_back(html_code(entry.source.substr(entry.source.rfind('/', colon) + 1)));
    }
    if (!entry.commit.empty()) {
        parts.push_back(commit_text(entry.commit, history));
    }
    return fmt::format("{}", fmt::join(parts, " · "));
}

std::string change_item(const HistoryEntry& entry, const RecentHistory& history) {
    const HistoryWords words = what_happened(entry);
    const std::string more = circumstances(entry, history);
    return fmt::format(R"(<li class="{}"><div>{} {}<div class="what">{}</div>{}</div></li>
)",
                       tone_of(words.tone), html_age(entry.at),
                       entry.id ? key_link(*entry.id, name_in_history(entry)) : "", html_isolated(words.text),
                       more.empty() ? "" : fmt::format(R"(<div class="small">{}</div>)", more));
}

} // namespace

std::string coming_section(const PageData& data) {
    if (!data.report || !data.report->upcoming || data.report->upcoming->empty()) {
        return "";
    }
    const auto& upcoming = *data.report->upcoming;
    std::string items;
    for (std::size_t n = 0; n < std::min(most_coming, upcoming.size()); ++n) {
        items += coming_item(upcoming[n]);
    }
    return fmt::format(R"(<section aria-labelledby="coming-title"><h2 id="coming-title">Coming</h2>
<ol class="coming">
{}</ol>{}</section>
)",
                       items,
                       upcoming.size() > most_coming
                           ? R"(<p class="more">and more: <code>apikeyd status</code> lists them</p>)"
                           : "");
}

std::string changes_section(const PageData& data) {
    std::string items;
    for (const HistoryEntry& entry : data.history.entries) {
        items += change_item(entry, data.history);
    }
    return fmt::format(
        R"(<section aria-labelledby="changes-title"><h2 id="changes-title">Last changes</h2>
<div id="changes" data-part>{}</div></section>
)",
        items.empty()
            ? R"(<p class="empty">Nothing was changed yet.</p>)"
            : fmt::format(
                  "<ol class=\"timeline\">\n{}</ol><p class=\"more\"><code>apikeyd history</code> has "
                  "all of them</p>",
                  items));
}

} // namespace apikeyd
