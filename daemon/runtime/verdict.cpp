// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/verdict.hpp"

#include "config/utf8.hpp"
#include "daemon/runtime/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

constexpr std::size_t max_text_size = 250; // bytes of one reason: all of them must fit

// What holds, most important first.
using Findings = std::vector<Assessment>;

// Made visible, and cut where it is too long.
std::string shown(const std::string& text, std::size_t most = max_text_size) {
    std::string visible = visible_text(text);
    if (visible.size() <= most) {
        return visible;
    }
    constexpr std::string_view ellipsis = "…";
    std::size_t end = 0;
    for (std::size_t next = 0; next + ellipsis.size() <= most; next += decode_utf8(visible, next).size) {
        end = next;
    }
    visible.resize(end);
    return visible.append(ellipsis);
}

std::string count(std::uint64_t number, std::string_view what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

// To the minute, rounded down.
std::string minute(WallTime time) {
    std::string text = format_rfc3339(std::chrono::floor<std::chrono::minutes>(time)).substr(0, 16);
    text[10] = ' ';
    return text + " UTC";
}

void add_inputs(const Situation& it, Findings& findings) {
    if (it.file_trouble) {
        findings.push_back({Verdict::degraded,
                            fmt::format("DEGRADED: {}; {}", shown(*it.file_trouble),
                                        it.loaded ? "what the file said before is in force"
                                                  : "it was not good since the start, so nothing is sent")});
    }
    if (it.settings_trouble) {
        findings.push_back({Verdict::degraded,
                            fmt::format("{}settings refused: {}; those from before are in force",
                                        findings.empty() ? "DEGRADED: " : "", shown(*it.settings_trouble))});
    }
    if (it.token_trouble) {
        findings.push_back(
            {Verdict::degraded, fmt::format("{}token refused: {}; the one before is in use",
                                            findings.empty() ? "DEGRADED: " : "", shown(*it.token_trouble))});
    }
}

// What keeps changes from being sent.
void add_obstacles(const Situation& it, Findings& findings) {
    if (it.suspension) {
        findings.push_back(
            {Verdict::suspended,
             fmt::format("SUSPENDED until {}{}{}", format_rfc3339(it.suspension->until),
                         it.suspension->reason.empty() ? "" : ": ", shown(it.suspension->reason))});
    }
    if (it.denial) {
        findings.push_back(
            {Verdict::denied, fmt::format("DENIED: {}{}", shown(*it.denial),
                                          it.no_key_to_try ? "; the file manages no key to try "
                                                             "the token with"
                                                           : "")});
    }
    if (it.api_trouble) {
        findings.push_back({Verdict::unavailable, "API UNAVAILABLE: " + shown(*it.api_trouble)});
    }
    if (!findings.empty() && it.waiting > 0 && (it.suspension || it.denial || it.api_trouble)) {
        findings.back().sentence +=
            fmt::format("; {} {}", count(it.waiting, "request"), it.waiting == 1 ? "waits" : "wait");
    }
    if (it.held) {
        findings.push_back(
            {Verdict::held,
             fmt::format("HELD: {} {} for approval {}", count(it.held->disables, "disable"),
                         it.held->disables == 1 ? "waits" : "wait", short_digest(it.held->digest))});
    }
}

// Of the keys that didn't come out as they should: ": 2 rejected, 3 tried again (1 in doubt)".
std::string unsettled(const Situation& it, std::vector<std::string> parts = {}) {
    if (it.rejected > 0) {
        parts.push_back(fmt::format("{} rejected", it.rejected));
    }
    if (it.failing > 0) {
        parts.push_back(fmt::format("{} tried again", it.failing));
    }
    if (it.in_doubt > 0) {
        parts.push_back(fmt::format("{} in doubt", it.in_doubt));
    }
    std::string text;
    for (const std::string& part : parts) {
        text += (text.empty() ? ": " : ", ") + part;
    }
    return text;
}

Assessment progress(Situation it) {
    const std::string keys = count(it.managed, "key");
    // While nothing may be sent, what waits is told beside what stops it.
    const bool stopped = it.suspension || it.denial || it.api_trouble;
    it.failing = stopped ? 0 : it.failing;
    const bool untried = it.waiting + it.under_way > it.failing;
    if (it.looking && !stopped) {
        return {Verdict::converging, "converging: keys are looked at before a plan is made"};
    }
    if (it.active && untried && !stopped) {
        return {Verdict::converging, fmt::format("converging, {}{}", keys,
                                                 unsettled(it, {count(it.changes, "change") + " planned"}))};
    }
    if (it.rejected > 0 || it.failing > 0 || it.in_doubt > 0) {
        return {Verdict::not_converged, fmt::format("NOT CONVERGED, {}{}", keys, unsettled(it))};
    }
    if (it.active || it.held || (stopped && it.waiting > 0)) {
        return {Verdict::converging, it.held || stopped ? "" : fmt::format("converging, {}", keys)};
    }
    return {Verdict::in_sync,
            fmt::format("in sync, {}{}{}", keys, it.oldest_answer ? ", no answer older than " : "",
                        it.oldest_answer ? minute(*it.oldest_answer) : "")};
}

Assessment ended(const Situation& it) {
    const std::string left = it.under_way > 0 ? count(it.under_way, "request") : "";
    switch (it.phase) {
    case Situation::Phase::stopped:
        // Where the state can't be written, answers may have come that nobody counts any more.
        if (it.under_way > 0 || it.state_trouble) {
            return {Verdict::stopped,
                    fmt::format("stopped, {} not recorded: what is in doubt is marked, and sent again at the "
                                "next start",
                                it.under_way > 0 ? left : "what was answered last perhaps")};
        }
        return {Verdict::stopped, it.in_doubt > 0
                                      ? fmt::format("stopped, {} in doubt: sent again at the next start",
                                                    count(it.in_doubt, "key"))
                                      : "stopped, nothing under way"};
    case Situation::Phase::stopping:
        return {Verdict::stopping, it.under_way > 0 ? fmt::format("stopping: {} under way", left)
                                                    : "stopping: answers are being recorded"};
    default:
        return {Verdict::reloading, fmt::format("reloading: changed settings take effect{}{}{}",
                                                left.empty() ? "" : " once ", left,
                                                left.empty()        ? ""
                                                : it.under_way == 1 ? " under way is answered"
                                                                    : " under way are answered")};
    }
}

Assessment summed_up(Findings findings) {
    std::erase_if(findings, [](const Assessment& one) { return one.sentence.empty(); });
    Assessment result{Verdict::in_sync, ""};
    for (const Assessment& one : findings) {
        result.verdict = std::min(result.verdict, one.verdict);
        result.sentence += (result.sentence.empty() ? "" : "; ") + one.sentence;
    }
    result.sentence = shown(result.sentence, max_sentence_size);
    return result;
}

} // namespace

std::string_view to_string(Verdict verdict) noexcept {
    switch (verdict) {
    case Verdict::stopped:
        return "stopped";
    case Verdict::stopping:
        return "stopping";
    case Verdict::reloading:
        return "reloading";
    case Verdict::state_unavailable:
        return "state_unavailable";
    case Verdict::degraded:
        return "degraded";
    case Verdict::suspended:
        return "suspended";
    case Verdict::denied:
        return "denied";
    case Verdict::unavailable:
        return "unavailable";
    case Verdict::held:
        return "held";
    case Verdict::not_converged:
        return "not_converged";
    case Verdict::drifted:
        return "drifted";
    case Verdict::starting:
        return "starting";
    case Verdict::converging:
        return "converging";
    case Verdict::in_sync:
        return "in_sync";
    }
    return "";
}

Assessment assess(const Situation& it) {
    Findings findings;
    if (it.phase != Situation::Phase::running) {
        findings.push_back(ended(it));
    }
    if (it.state_trouble) {
        findings.push_back(
            {Verdict::state_unavailable,
             fmt::format("STATE UNAVAILABLE: {}{}", shown(*it.state_trouble),
                         it.phase == Situation::Phase::stopped ? "" : "; nothing new is sent")});
    }
    if (it.phase != Situation::Phase::running) {
        return summed_up(std::move(findings)); // what held before ends with it
    }
    Findings inputs;
    add_inputs(it, inputs);
    std::ranges::move(inputs, std::back_inserter(findings));
    add_obstacles(it, findings);
    if (it.loaded && !it.state_trouble) {
        findings.push_back(progress(it));
    } else if (!it.loaded && !it.file_trouble) {
        findings.push_back({Verdict::starting, "starting: the desired file is not loaded yet"});
    }
    return summed_up(std::move(findings));
}

std::string ended_sentence(const std::string& why) {
    return shown("ended with an error: " + why, max_sentence_size);
}

Assessment assess(const DrySituation& it) {
    if (it.stopped) {
        return {Verdict::stopped, "stopped, a dry run sends nothing"};
    }
    Findings findings;
    if (it.file_trouble) {
        findings.push_back({Verdict::degraded, "DEGRADED: " + shown(*it.file_trouble)});
    }
    if (it.report_trouble) {
        findings.push_back({Verdict::degraded, "REPORT UNAVAILABLE: " + shown(*it.report_trouble)});
    }
    if (it.report) {
        const auto& report = *it.report;
        findings.push_back(
            report.changes > 0
                ? Assessment{Verdict::drifted,
                             fmt::format("DRIFTED, {}: {} reported {}", count(report.managed, "key"),
                                         count(report.changes, "difference"), minute(report.at))}
                : Assessment{Verdict::in_sync, fmt::format("in sync, {}: reported {}",
                                                           count(report.managed, "key"), minute(report.at))});
    } else if (findings.empty()) {
        findings.push_back({Verdict::starting, "starting: the desired file is not loaded yet"});
    }
    Assessment result = summed_up(std::move(findings));
    result.sentence = shown("dry run, nothing is sent: " + result.sentence, max_sentence_size);
    return result;
}

} // namespace apikeyd
