// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/verdict.hpp"

#include "config/utf8.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace apikeyd;

namespace {

WallTime at(const std::string& text) {
    return parse_rfc3339(text).value();
}

// 42 keys in sync.
Situation settled() {
    Situation it;
    it.loaded = true;
    it.managed = 42;
    it.oldest_answer = at("2026-11-25T10:02:59.999Z");
    return it;
}

const std::string settled_words = "in sync, 42 keys, no answer older than 2026-11-25 10:02 UTC";
const std::string digest = "sha256:3fa9c1204d1187aa00000000000000000000000000000000000000000000ffff";

struct Row {
    std::string what;
    std::function<void(Situation&)> change; // of 42 keys in sync
    Verdict verdict;
    std::string sentence;
};

void suspend(Situation& it, const std::string& reason) {
    it.suspension = Suspension{at("2026-11-25T09:00:00Z"), at("2026-11-25T12:00:00Z"), reason, "alice"};
}

const std::vector<Row>& rows() {
    using S = Situation;
    static const std::vector<Row> table = {
        {"nothing to do", [](S&) {}, Verdict::in_sync, settled_words},
        {"one key", [](S& s) { s.managed = 1; }, Verdict::in_sync,
         "in sync, 1 key, no answer older than 2026-11-25 10:02 UTC"},
        {"no key", [](S& s) { s.managed = 0, s.oldest_answer.reset(); }, Verdict::in_sync, "in sync, 0 keys"},
        {"before the file was loaded", [](S& s) { s = S{}; }, Verdict::starting,
         "starting: the desired file is not loaded yet"},
        {"looks", [](S& s) { s.looking = s.active = true, s.waiting = 3; }, Verdict::converging,
         "converging: keys are looked at before a plan is made"},
        {"at it", [](S& s) { s.active = true, s.changes = 7, s.under_way = 2, s.waiting = 5; },
         Verdict::converging, "converging, 42 keys: 7 changes planned"},
        {"one change", [](S& s) { s.active = true, s.changes = s.under_way = 1; }, Verdict::converging,
         "converging, 42 keys: 1 change planned"},
        {"some fail, and others weren't tried",
         [](S& s) {
             s.active = true, s.changes = 7, s.under_way = 2, s.waiting = 5;
             s.failing = 3, s.in_doubt = 1, s.rejected = 2;
         },
         Verdict::converging,
         "converging, 42 keys: 7 changes planned, 2 rejected, 3 tried again, 1 in doubt"},
        {"only what fails is left", [](S& s) { s.active = true, s.changes = 7, s.waiting = s.failing = 3; },
         Verdict::not_converged, "NOT CONVERGED, 42 keys: 3 tried again"},
        {"a retry is under way",
         [](S& s) { s.active = true, s.changes = 7, s.under_way = s.failing = s.in_doubt = 1; },
         Verdict::not_converged, "NOT CONVERGED, 42 keys: 1 tried again, 1 in doubt"},
        {"rejected", [](S& s) { s.rejected = 1; }, Verdict::not_converged,
         "NOT CONVERGED, 42 keys: 1 rejected"},
        {"an assertion failed after the run", [](S& s) { s.waiting = s.failing = s.in_doubt = 1; },
         Verdict::not_converged, "NOT CONVERGED, 42 keys: 1 tried again, 1 in doubt"},
        {"an assertion is under way for the first time", [](S& s) { s.under_way = 1; }, Verdict::in_sync,
         settled_words},
        {"held",
         [](S& s) {
             s.held = {19, digest};
         },
         Verdict::held, "HELD: 19 disables wait for approval 3fa9c1204d11"},
        {"one is held",
         [](S& s) {
             s.held = {1, digest};
         },
         Verdict::held, "HELD: 1 disable waits for approval 3fa9c1204d11"},
        {"held, and the rest goes on",
         [](S& s) {
             s.held = {19, digest}, s.active = true, s.changes = 30, s.under_way = 1;
         },
         Verdict::held,
         "HELD: 19 disables wait for approval 3fa9c1204d11; converging, 42 keys: 30 changes planned"},
        {"held and rejected",
         [](S& s) {
             s.held = {19, digest}, s.rejected = 2;
         },
         Verdict::held,
         "HELD: 19 disables wait for approval 3fa9c1204d11; NOT CONVERGED, 42 keys: 2 rejected"},
        {"held and denied",
         [](S& s) {
             s.held = {4, digest}, s.denial = "HTTP 401", s.active = true, s.waiting = 1;
         },
         Verdict::denied,
         "DENIED: HTTP 401; 1 request waits; HELD: 4 disables wait for approval 3fa9c1204d11"},
        {"denied", [](S& s) { s.denial = "HTTP 401: no", s.active = true, s.changes = s.waiting = 7; },
         Verdict::denied, "DENIED: HTTP 401: no; 7 requests wait"},
        {"denied, and then nothing is wanted", [](S& s) { s.denial = "HTTP 403"; }, Verdict::denied,
         "DENIED: HTTP 403; " + settled_words},
        {"denied, and then no key is managed",
         [](S& s) { s.denial = "HTTP 401", s.no_key_to_try = true, s.managed = 0, s.oldest_answer.reset(); },
         Verdict::denied, "DENIED: HTTP 401; the file manages no key to try the token with; in sync, 0 keys"},
        {"denied while keys are looked at",
         [](S& s) { s.denial = "HTTP 403", s.active = s.looking = true, s.waiting = 42; }, Verdict::denied,
         "DENIED: HTTP 403; 42 requests wait"},
        {"no API",
         [](S& s) {
             s.api_trouble = "refused", s.active = true, s.changes = 9, s.waiting = 9, s.failing = 4;
         },
         Verdict::unavailable, "API UNAVAILABLE: refused; 9 requests wait"},
        {"suspended with nothing to do", [](S& s) { suspend(s, "audit"); }, Verdict::suspended,
         "SUSPENDED until 2026-11-25T12:00:00.000Z: audit; " + settled_words},
        {"suspended without a reason, and denied",
         [](S& s) { suspend(s, ""), s.denial = "HTTP 401", s.active = true, s.changes = s.waiting = 1; },
         Verdict::suspended, "SUSPENDED until 2026-11-25T12:00:00.000Z; DENIED: HTTP 401; 1 request waits"},
        {"no good file yet", [](S& s) { s = S{}, s.file_trouble = "keys.yaml:12:3: 'x' is no id"; },
         Verdict::degraded,
         "DEGRADED: keys.yaml:12:3: 'x' is no id; it was not good since the start, so nothing is sent"},
        {"a bad file after a good one", [](S& s) { s.file_trouble = "keys.yaml:12: twice"; },
         Verdict::degraded,
         "DEGRADED: keys.yaml:12: twice; what the file said before is in force; " + settled_words},
        {"a bad file, suspended and held",
         [](S& s) {
             s.file_trouble = "keys.yaml:12: twice", suspend(s, "audit"), s.held = {4, digest};
         },
         Verdict::degraded,
         "DEGRADED: keys.yaml:12: twice; what the file said before is in force; SUSPENDED until "
         "2026-11-25T12:00:00.000Z: audit; HELD: 4 disables wait for approval 3fa9c1204d11"},
        {"bad settings", [](S& s) { s.settings_trouble = "apikeyd.yaml:3: unknown field"; },
         Verdict::degraded,
         "DEGRADED: settings refused: apikeyd.yaml:3: unknown field; those from before are in force; " +
             settled_words},
        {"bad settings and a bad token",
         [](S& s) { s.settings_trouble = "apikeyd.yaml:3: no", s.token_trouble = "token: holds no token"; },
         Verdict::degraded,
         "DEGRADED: settings refused: apikeyd.yaml:3: no; those from before are in force; token refused: "
         "token: holds no token; the one before is in use; " +
             settled_words},
        {"no state", [](S& s) { s.state_trouble = "state.db: database is locked", s.active = true; },
         Verdict::state_unavailable, "STATE UNAVAILABLE: state.db: database is locked; nothing new is sent"},
        {"no state and a bad file",
         [](S& s) { s.state_trouble = "locked", s.file_trouble = "keys.yaml: gone"; },
         Verdict::state_unavailable,
         "STATE UNAVAILABLE: locked; nothing new is sent; DEGRADED: keys.yaml: gone; what the file said "
         "before "
         "is in force"},
        {"draining",
         [](S& s) {
             s.phase = S::Phase::stopping, s.under_way = 3, s.held = {1, digest};
         },
         Verdict::stopping, "stopping: 3 requests under way"},
        {"drained, and the state can't be written",
         [](S& s) { s.phase = S::Phase::stopping, s.state_trouble = "disk full"; }, Verdict::stopping,
         "stopping: answers are being recorded; STATE UNAVAILABLE: disk full; nothing new is sent"},
        {"other settings", [](S& s) { s.phase = S::Phase::reloading, s.under_way = 1; }, Verdict::reloading,
         "reloading: changed settings take effect once 1 request under way is answered"},
        {"other settings at once", [](S& s) { s.phase = S::Phase::reloading; }, Verdict::reloading,
         "reloading: changed settings take effect"},
        {"stopped", [](S& s) { s.phase = S::Phase::stopped; }, Verdict::stopped,
         "stopped, nothing under way"},
        {"stopped with doubts", [](S& s) { s.phase = S::Phase::stopped, s.in_doubt = 2; }, Verdict::stopped,
         "stopped, 2 keys in doubt: sent again at the next start"},
        {"stopped too early", [](S& s) { s.phase = S::Phase::stopped, s.under_way = 2; }, Verdict::stopped,
         "stopped, 2 requests not recorded: what is in doubt is marked, and sent again at the next start"},
        {"stopped without a state",
         [](S& s) { s.phase = S::Phase::stopped, s.state_trouble = "state.db: disk full"; }, Verdict::stopped,
         "stopped, what was answered last perhaps not recorded: what is in doubt is marked, and sent again "
         "at the "
         "next start; STATE UNAVAILABLE: state.db: disk full"},
    };
    return table;
}

} // namespace

TEST_CASE("verdict: each situation has its word and its sentence") {
    for (const Row& row : rows()) {
        Situation it = settled();
        row.change(it);
        INFO(row.what);
        const Assessment assessment = assess(it);
        CHECK(assessment.sentence == row.sentence);
        CHECK(to_string(assessment.verdict) == to_string(row.verdict));
    }
}

TEST_CASE("verdict: whatever a text holds, the sentence is one visible line") {
    Situation it = settled();
    suspend(it, "two\nlines\x1b[31m and \xff"
                "bytes\xe2\x80\xae");
    it.file_trouble = std::string("keys\nREADY=1.yaml: gone");
    const std::string sentence = assess(it).sentence;
    CHECK(sentence.find('\n') == std::string::npos);
    CHECK(sentence.find("two\\nlines\\x1b[31m and \\xffbytes\\u202e") != std::string::npos);
    CHECK(sentence == visible_text(sentence));
}

TEST_CASE("verdict: long texts are cut between characters, and what comes after them stays") {
    Situation it = settled();
    for (std::string* text : {&it.file_trouble.emplace(), &it.settings_trouble.emplace(),
                              &it.token_trouble.emplace(), &it.denial.emplace(), &it.api_trouble.emplace()}) {
        while (text->size() < 100'000) {
            *text += "äß€𝄞";
        }
    }
    suspend(it, std::string(5000, 'x'));
    it.held = {3, digest};
    const Assessment assessment = assess(it);
    CHECK(assessment.sentence.size() <= max_sentence_size);
    CHECK(assessment.sentence == visible_text(assessment.sentence)); // no half character
    CHECK(assessment.sentence.find("…; those from before are in force") != std::string::npos);
    CHECK(assessment.sentence.find("HELD: 3 disables") != std::string::npos);

    it = settled();
    it.state_trouble = std::string(250, 'x');
    CHECK(assess(it).sentence.find('x' + std::string("; nothing")) != std::string::npos); // just fits
    *it.state_trouble += 'x';
    CHECK(assess(it).sentence.find("x…; nothing") != std::string::npos);
}

TEST_CASE("verdict: a dry run names what differs, and when that was reported") {
    DrySituation it;
    CHECK(assess(it) == Assessment{Verdict::starting, "dry run, nothing is sent: starting: the desired file "
                                                      "is not loaded yet"});
    it.report = {42, 2, at("2026-11-25T10:02:31Z")};
    CHECK(assess(it) == Assessment{Verdict::drifted, "dry run, nothing is sent: DRIFTED, 42 keys: 2 "
                                                     "differences reported 2026-11-25 10:02 UTC"});
    it.report->changes = 0;
    CHECK(assess(it) == Assessment{Verdict::in_sync, "dry run, nothing is sent: in sync, 42 keys: reported "
                                                     "2026-11-25 10:02 UTC"});
    it.file_trouble = "keys.yaml:12: twice";
    CHECK(assess(it) == Assessment{Verdict::degraded,
                                   "dry run, nothing is sent: DEGRADED: keys.yaml:12: twice; "
                                   "in sync, 42 keys: reported 2026-11-25 10:02 UTC"});
    it.report.reset();
    it.file_trouble.reset();
    it.report_trouble = "state.db: locked";
    CHECK(assess(it).sentence == "dry run, nothing is sent: REPORT UNAVAILABLE: state.db: locked");
    it.stopped = true;
    CHECK(assess(it) == Assessment{Verdict::stopped, "stopped, a dry run sends nothing"});
}
