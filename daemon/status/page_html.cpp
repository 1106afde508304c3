// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/digest.hpp"
#include "daemon/status/html_text.hpp"
#include "daemon/status/page_parts.hpp"
#include "daemon/status/words.hpp"
#include "generated/version.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace apikeyd {

namespace {

std::string icon(const char* shape) {
    return fmt::format(R"(<svg viewBox="0 0 24 24" aria-hidden="true">{}</svg>)", shape);
}

std::string banner(const StatusSnapshot& snapshot, const VerdictLook& look) {
    const bool begun = snapshot.since != WallTime{};
    const std::string next = next_step(snapshot);
    return fmt::format(
        R"(<section id="verdict" class="banner {}" aria-labelledby="verdict-word">
<div class="mark" id="verdict-mark" data-part>{}</div>
<div class="words">
<div aria-live="polite" aria-atomic="true">
<div id="verdict-words" data-part><h1 id="verdict-word">{}</h1>
<p>{}</p>{}</div>
<p id="silence" hidden></p>
</div>
<p class="since" id="verdict-since" data-part>{}</p>
</div>
</section>
)",
        look.tone, icon(look.shape), look.label,
        snapshot.sentence.empty() ? "nothing is known yet"
                                  : html_escaped(sentence_behind(look.label, snapshot.sentence)),
        next.empty() ? "" : fmt::format("\n<p class=\"next\"><b>What to do</b>: {}</p>", next),
        begun ? "since " + html_age(snapshot.since) : "");
}

struct Card {
    std::string_view label;
    std::uint64_t count;
    const char* tone;
    KeyQuery query; // which keys these are
    std::string note = {};
};

std::string card(const Card& card, const KeyQuery& shown) {
    const bool current = shown.state == card.query.state && shown.managed == card.query.managed;
    return fmt::format(
        R"(<li><a class="{}{}" href="{}"{}><span class="count">{}</span> <span class="label">{}</span>{}</a></li>
)",
        card.tone, card.count == 0 ? " zero" : "", link_to(card.query),
        current ? R"( aria-current="true")" : "", grouped(card.count), card.label,
        card.note.empty() ? "" : fmt::format(R"( <span class="note">{}</span>)", card.note));
}

// How the managed keys stand, as one line. Each of the shares that there are can be seen, however small.
std::string bar(const KeyTable& table) {
    constexpr double width = 1000;
    constexpr double least = 6;
    std::string rects;
    double x = 0;
    for (const RowState state : {RowState::in_sync, RowState::drifted, RowState::unseen, RowState::in_doubt,
                                 RowState::held, RowState::rejected}) {
        if (table[state] == 0) {
            continue;
        }
        const double share =
            std::max(least, width * static_cast<double>(table[state]) / static_cast<double>(table.managed()));
        rects += fmt::format(R"(<rect class="{}" x="{:.1f}" y="0" width="{:.1f}" height="8"/>)",
                             look_of(state).tone, x, std::max(1.0, share - 3));
        x += share;
    }
    return rects.empty() ? ""
                         : fmt::format(R"(<svg class="shares" viewBox="0 0 {:.1f} 8" )"
                                       R"(preserveAspectRatio="none" aria-hidden="true">{}</svg>)",
                                       x - 3, rects);
}

std::string counts(const PageData& data) {
    if (!data.table) {
        return "";
    }
    const KeyTable& table = *data.table;
    const auto of = [&](bool managed, std::optional<RowState> state) {
        KeyQuery query = data.query;
        query.managed = managed;
        query.state = state;
        query.page = 1;
        return query;
    };
    std::string text = card({"managed keys", table.managed(), "", of(true, std::nullopt), {}}, data.query);
    for (const RowState state : {RowState::in_sync, RowState::drifted, RowState::unseen, RowState::in_doubt,
                                 RowState::rejected, RowState::held}) {
        const bool aged = state == RowState::in_sync && table.oldest_in_sync;
        text += card({label_of(state), table[state], look_of(state).tone, of(false, state),
                      aged ? "oldest " + html_age(*table.oldest_in_sync) : ""},
                     data.query);
    }
    return R"(<ul class="cards">)" + ("\n" + text) + "</ul>\n" + bar(table);
}

std::string held_notice(const PageData& data) {
    const StatusSnapshot& snapshot = *data.snapshot;
    if (snapshot.hold_digest.empty()) {
        return "";
    }
    KeyQuery query;
    query.state = RowState::held;
    const auto& held = data.report ? data.report->held : std::nullopt;
    return fmt::format(
        R"(<section class="notice red" aria-labelledby="held-title"><h2 id="held-title">{} {} for approval</h2>
<p>{}{}. <a href="{}">Which keys these are</a>. To let them go, and only them:</p>
<p class="command"><code id="approve">{}</code><button type="button" class="copy" id="copy-approve" data-copy="approve" hidden>Copy</button></p>
</section>
)",
        counted(snapshot.held_disables, "disable"), snapshot.held_disables == 1 ? "waits" : "wait",
        held && !held->why.empty() ? html_isolated(held->why) : "More than may go unasked",
        held ? ", since " + html_age(held->since) : "", link_to(query),
        html_escaped(approve_commands(snapshot.hold_digest).daemon));
}

std::string suspension_notice(const Suspension& pause) {
    return fmt::format(
        R"(<section class="notice violet" aria-labelledby="pause-title"><h2 id="pause-title">Nothing is sent</h2>
<p>Suspended{} {}{}{}; goes on {}. To go on before that:</p>
<p class="command"><code id="resume">apikeyd resume</code><button type="button" class="copy" id="copy-resume" data-copy="resume" hidden>Copy</button></p>
</section>
)",
        pause.by.empty() ? "" : " by " + html_isolated(pause.by), html_age(pause.since),
        pause.reason.empty() ? "" : ": ", pause.reason.empty() ? "" : html_isolated(pause.reason),
        html_wait(pause.until));
}

std::string notices(const PageData& data) {
    std::string text;
    if (!data.state_problem.empty()) {
        text += fmt::format(R"(<section class="notice red"><p><b>The state can't be read</b>: {}</p></section>
)",
                            html_isolated(data.state_problem));
    }
    text += held_notice(data);
    if (data.snapshot->suspension) {
        text += suspension_notice(*data.snapshot->suspension);
    }
    return text;
}

std::string files_of(const DesiredState& desired) {
    constexpr std::size_t most = 5;
    std::string text;
    for (const std::string& file : desired.files()) {
        if (&file - desired.files().data() == static_cast<std::ptrdiff_t>(most)) {
            return text + fmt::format(" and {} more", desired.files().size() - most);
        }
        text += (text.empty() ? "" : ", ") + html_code(file);
    }
    return text.empty() ? "no file" : text;
}

std::string footer(const PageData& data) {
    const StatusSnapshot& snapshot = *data.snapshot;
    std::string text = "<dl>\n";
    if (snapshot.desired) {
        text += fmt::format("<dt>in force</dt><dd>{}, revision {}{}</dd>\n", files_of(*snapshot.desired),
                            html_code(short_digest(snapshot.desired->digest())),
                            snapshot.last_good_load ? ", read " + html_age(*snapshot.last_good_load) : "");
    }
    if (data.report && data.report->last) {
        const ReconciliationEntry& last = *data.report->last;
        text += fmt::format("<dt>last run</dt><dd>#{}, {}, begun {}: {} planned, {} applied, {} rejected, {} "
                            "failed, {} held</dd>\n",
                            last.seq, last.finished_at ? html_escaped(last.result) : "not finished",
                            html_age(last.started_at), last.planned, last.applied, last.rejected, last.failed,
                            last.held);
    }
    return text + fmt::format("<dt>daemon</dt><dd>apikeyd {}, started {}</dd>\n<dt>for programs</dt><dd><a "
                              "href=\"status.json\">status.json</a>, <a href=\"metrics\">metrics</a>, <a "
                              "href=\"-/ready\">ready</a>, <a href=\"-/healthy\">healthy</a></dd>\n</dl>\n",
                              html_escaped(version), html_age(snapshot.process_started));
}

} // namespace

std::string page_version(const StatusSnapshot& snapshot) {
    return fmt::format("{}.{}", snapshot.process_started.time_since_epoch().count(), snapshot.number);
}

std::string render_page(const PageData& data) {
    const StatusSnapshot& snapshot = *data.snapshot;
    const VerdictLook look = look_of(snapshot.verdict);
    return fmt::format(
        R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{label} · apikeyd</title>
<link rel="icon" type="image/svg+xml" id="icon" href="icon.svg?verdict={verdict}">
<link rel="stylesheet" href="page.css">
<script src="page.js" defer></script>
</head>
<body data-version="{version}" data-now="{now}">
<a class="skip" href="#keys">To the keys</a>
<header class="top"><span><b>apikeyd</b> status</span><span id="as-of" data-part>as of {as_of}</span></header>
<main>
{banner}<nav id="counts" aria-label="Keys by state" data-part>
{counts}</nav>
<div id="notices" data-part>{notices}</div>
<nav class="jump" aria-label="On this page"><a href="#keys">Keys</a><a href="#traffic-title">Requests</a><a href="#changes-title">Last changes</a></nav>
<div class="columns">
{keys}<div class="side">
{traffic}<div id="coming" data-part>{coming}</div>
{changes}</div>
</div>
</main>
<footer id="footer" data-part>
{footer}</footer>
</body>
</html>
)",
        fmt::arg("label", look.label), fmt::arg("verdict", html_escaped(snapshot.verdict)),
        fmt::arg("version", page_version(snapshot)), fmt::arg("now", format_rfc3339(data.now)),
        fmt::arg("as_of", html_time(data.now)), fmt::arg("banner", banner(snapshot, look)),
        fmt::arg("counts", counts(data)), fmt::arg("notices", notices(data)),
        fmt::arg("keys", keys_section(data)), fmt::arg("traffic", traffic_section(snapshot, data.now)),
        fmt::arg("coming", coming_section(data)), fmt::arg("changes", changes_section(data)),
        fmt::arg("footer", footer(data)));
}

} // namespace apikeyd
