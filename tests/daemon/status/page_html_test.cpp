// SPDX-License-Identifier: Apache-2.0
// The page as a pure function of what it shows. How it looks and behaves is for tests/browser.
#include "daemon/runtime/verdict.hpp"
#include "daemon/status/page.hpp"
#include "daemon/status/page_parts.hpp"

#include "tests/support/desired.hpp"
#include "tests/support/keys.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <set>
#include <utility>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

struct Parts {
    StatusSnapshot snapshot;
    StatusReport report;
    KeyTable table;
    RecentHistory history;
    KeyQuery query;

    Parts() {
        snapshot.verdict = "in_sync";
        snapshot.sentence = "in sync, 1 key, no answer older than 2023-11-14 22:13 UTC";
        snapshot.since = at_second(1);
        snapshot.desired = std::make_shared<const DesiredState>(desired_state({{key_id(1), "alpha", true}}));
    }
    PageData data() const {
        PageData data;
        data.snapshot = std::make_shared<const StatusSnapshot>(snapshot);
        data.report = std::make_shared<const StatusReport>(report);
        data.table = std::make_shared<const KeyTable>(table);
        data.history = history;
        data.query = query;
        data.now = at_second(60);
        return data;
    }
    std::string html() const { return render_page(data()); }
    void add(const DesiredKey* key, const KnownKey* known) {
        table.rows.push_back(make_row(snapshot.desired.get(), key, known, {}));
        ++table.by_state[static_cast<std::size_t>(table.rows.back().state)];
        ++table.matching;
    }
};

const std::string hostile = "<script>alert(1)</script>\"'&\u202e";
const std::string harmless = "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\\u202e";

} // namespace

TEST_CASE("page: the verdict is in the heading, the title and the icon, with its sentence and since when") {
    const std::string html = Parts().html();
    CHECK_THAT(html, Contains(R"(<h1 id="verdict-word">In sync</h1>)"));
    CHECK_THAT(html, Contains("<p>1 key, no answer older than 2023-11-14 22:13 UTC</p>"));
    CHECK_THAT(html, Contains("since " + html_age(at_second(1))));
    CHECK_THAT(html, Contains("<title>In sync · apikeyd</title>"));
    CHECK_THAT(html, Contains(R"(href="icon.svg?verdict=in_sync")"));
}

TEST_CASE("page: every verdict that there is has a word, a tone and a shape of its own") {
    std::set<std::string> words;
    for (int n = 0; n <= static_cast<int>(Verdict::in_sync); ++n) {
        const std::string_view verdict = to_string(static_cast<Verdict>(n));
        const VerdictLook look = look_of(verdict);
        CAPTURE(verdict);
        CHECK(words.insert(look.label).second);
        CHECK_THAT(icon_svg(verdict), Contains(look.shape));
    }
}

TEST_CASE("page: a sentence doesn't say again what the heading says") {
    CHECK(sentence_behind("In sync", "in sync, 3 keys") == "3 keys");
    CHECK(sentence_behind("Degraded", "DEGRADED: keys.yaml: gone") == "keys.yaml: gone");
    CHECK(sentence_behind("Suspended", "SUSPENDED until noon") == "until noon");
    CHECK(sentence_behind("In sync", "in sync") == "in sync");
    CHECK(sentence_behind("Held", "heldover is not held") == "heldover is not held");
    CHECK(sentence_behind("Stopped", "dry run") == "dry run");
}

TEST_CASE("page: whatever comes from outside is escaped wherever it is shown") {
    Parts parts;
    parts.snapshot.verdict = "held";
    parts.snapshot.sentence = hostile;
    parts.snapshot.desired =
        std::make_shared<const DesiredState>(desired_state({{key_id(1), hostile, true}}));
    KnownKey known = seen(key_id(1), hostile + "!", false);
    known.rejection = Rejection{{hostile, true}, hostile, at_second(3)};
    parts.add(&parts.snapshot.desired->keys().front(), &known);
    parts.query.search = hostile;
    parts.report.upcoming.emplace().push_back({key_id(1), hostile, true, at_second(90), hostile, 3});
    parts.report.held = HeldPlan{"sha256:0123456789abcdef", "sha256:f", hostile, at_second(3), {}, {}, {}};
    parts.snapshot.hold_digest = "sha256:0123456789abcdef";
    parts.snapshot.suspension = Suspension{at_second(1), at_second(99), hostile, hostile};
    HistoryEntry entry;
    entry.id = key_id(1);
    entry.asked.name = entry.after_name = hostile;
    entry.outcome = "rejected";
    entry.reason = entry.detail = entry.actor = entry.commit = hostile;
    entry.source = hostile + ":3";
    parts.history.commits[hostile] = Commit{hostile, hostile, at_second(0), hostile, false};
    parts.history.entries.push_back(entry);
    std::string html = parts.html();
    // The field alone has what was typed as it is, where nothing around it can turn.
    const std::string typed = R"( value="&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;)"
                              "\u202e\"";
    REQUIRE_THAT(html, Contains(typed));
    html.erase(html.find(typed), typed.size());
    CHECK_THAT(html, Contains(harmless));
    CHECK_THAT(html, !Contains("<script>") && !Contains("alert(1)</script>\"") && !Contains("\u202e"));
    CHECK(html.find("<script") == html.rfind("<script")); // its own
}

TEST_CASE("page: needs nothing that its policy forbids") {
    Parts parts;
    parts.add(&parts.snapshot.desired->keys().front(), nullptr);
    const std::string html = parts.html();
    CHECK_THAT(html, !Contains(" style=") && !Contains("<style") && !Contains(" onclick") &&
                         !Contains("javascript:") && !Contains("http://") && !Contains("https://"));
}

TEST_CASE("page: a verdict that somebody has to act on says what to do") {
    const auto after = [](auto change) {
        Parts parts;
        change(parts.snapshot);
        return parts.html();
    };
    CHECK_THAT(Parts().html(), !Contains("What to do"));
    CHECK_THAT(after([](StatusSnapshot& it) { it.load_problem = "keys.yaml:3:9: '0' is not an id"; }),
               Contains("What to do</b>: <code>apikeyd validate</code> shows every error"));
    CHECK_THAT(after([](StatusSnapshot& it) { it.last_load_good = true, it.verdict = "degraded"; }),
               Contains("<code>apikeyd validate --config FILE</code>"));
    CHECK_THAT(after([](StatusSnapshot& it) { it.denial = "HTTP 401"; }),
               Contains("Put another token in place"));
    CHECK_THAT(after([](StatusSnapshot& it) { it.api_unavailable = true; }),
               Contains("goes on by itself once"));
    CHECK_THAT(after([](StatusSnapshot& it) { it.state_trouble = "full"; }),
               Contains("Make room on the disk"));
    CHECK_THAT(after([](StatusSnapshot& it) { it.verdict = "not_converged"; }),
               Contains("tried again by themselves") && !Contains("state=rejected#keys\">The rejected"));
    CHECK_THAT(after([](StatusSnapshot& it) {
                   it.verdict = "not_converged";
                   it.keys.by_state[static_cast<std::size_t>(KeyState::rejected)] = 1;
               }),
               Contains("<a href=\"?state=rejected#keys\">The rejected keys</a> say why"));
    CHECK_THAT(after([](StatusSnapshot& it) {
                   it.load_problem = "gone";
                   it.denial = "HTTP 401";
               }),
               Contains("apikeyd validate</code>") && Contains("another token"));
}

TEST_CASE("page: what is held comes with the command that lets it go, and a link to its keys") {
    Parts parts;
    parts.snapshot.hold_digest = "sha256:0123456789abcdef";
    parts.snapshot.held_disables = 4;
    const std::string html = parts.html();
    CHECK_THAT(html, Contains("4 disables wait for approval"));
    CHECK_THAT(html, Contains(R"(<code id="approve">apikeyd approve 0123456789ab</code>)"));
    CHECK_THAT(html, Contains("?state=held#keys"));
    CHECK_THAT(Parts().html(), !Contains("apikeyd approve"));
}

TEST_CASE("page: counts add up and link to their keys, the one that is shown marked") {
    Parts parts;
    parts.table.by_state = {1, 2, 3, 4, 5, 12'345, 7};
    parts.query.state = RowState::held;
    const std::string html = parts.html();
    CHECK_THAT(html, Contains(R"(href="?state=managed#keys"><span class="count">12,360</span>)"));
    CHECK_THAT(html, Contains(R"(href="?state=held#keys" aria-current="true"><span class="count">2</span>)"));
    CHECK_THAT(html, Contains(R"(href="?state=in_sync#keys"><span class="count">12,345</span>)"));
}

TEST_CASE("page: a column that is sorted by says so, and turns around") {
    Parts parts;
    parts.add(&parts.snapshot.desired->keys().front(), nullptr);
    parts.query.order = KeyOrder::name;
    CHECK_THAT(parts.html(), Contains(R"(aria-sort="ascending"><a href="?sort=-name#keys">Key)"));
    parts.query.descending = true;
    CHECK_THAT(parts.html(), Contains(R"(aria-sort="descending"><a href="?sort=name#keys">Key)"));
}

TEST_CASE("page: with no file, no key and no state there is a page that says so") {
    Parts parts;
    parts.snapshot.desired = nullptr;
    CHECK_THAT(parts.html(), Contains("No desired file was good so far"));
    parts.query.search = "x";
    CHECK_THAT(parts.html(), Contains("No key is like that"));
    PageData data = parts.data();
    data.report.reset();
    data.table.reset();
    data.state_problem = "state.db: <gone>";
    CHECK_THAT(render_page(data), Contains("state.db: &lt;gone&gt;") && Contains("can't be read just now"));
}

TEST_CASE("page: the chart in words and as a table, for whoever doesn't see it") {
    Parts parts;
    CHECK_THAT(parts.html(), Contains("No requests in the last hour."));
    Traffic& traffic = parts.snapshot.counters.traffic;
    traffic.add({key_id(1), Applied{}, 200, 10ms, 1}, at_second(0));
    traffic.add({key_id(1), Denied{"no"}, 401, 1500ms, 1}, at_second(1));
    const std::string html = parts.html();
    CHECK_THAT(html, Contains(R"(role="img" aria-label="Requests of the last hour, minute by minute: 2 )"
                              R"(requests, 1 of them failed; 755 ms on average, 1.5 s at most")"));
    CHECK_THAT(html,
               Contains(R"(<th scope="row">22:13</th><td>2</td><td>1</td><td>755 ms</td><td>1.5 s</td>)"));
}

TEST_CASE("page: a change tells when, what, why, from which line and commit") {
    Parts parts;
    HistoryEntry entry;
    entry.at = at_second(5);
    entry.id = key_id(1);
    entry.asked.enabled = entry.after_enabled = false;
    entry.before_enabled = true;
    entry.after_name = "alpha";
    entry.outcome = "applied";
    entry.reason = "in_doubt";
    entry.source = "/etc/apikeyd/keys.yaml:12";
    entry.commit = "0123456789abcdef0123";
    parts.history.commits[entry.commit] = Commit{entry.commit, "Ada", at_second(0), "Retire alpha", false};
    parts.history.entries.push_back(entry);
    CHECK_THAT(parts.html(),
               Contains("enabled: true -&gt; false") && Contains("in doubt · <code>keys.yaml:12</code>") &&
                   Contains("commit <code>0123456789ab</code> <bdi>&#39;Retire alpha&#39;</bdi>, <bdi>Ada"));
}
