// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/probe_round.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <variant>

namespace apikeyd {

namespace {

// So many keys may give no answer, or one that proves nothing, before it is the server that is blamed, and
// not the key.
constexpr unsigned most_canaries = 3;

// No verdict on the key: the brake decides when the next try goes.
bool concerns_every_key(const Outcome& outcome) {
    return std::holds_alternative<Throttled>(outcome) || std::holds_alternative<Denied>(outcome);
}

} // namespace

ProbeRound::ProbeRound(std::vector<Change> probes, Options options)
    : probes_(std::move(probes))
    , options_(options)
    , proven_(options.proven) {
    if (!proven_) {
        order_canaries();
    }
}

// Those first that can prove something: enabled when they were answered last, and of these the one that
// somebody else had the least time to change. Then those of which nothing is known.
void ProbeRound::order_canaries() {
    const auto worth = [](const Change& probe) {
        const auto& observed = probe.known.observed;
        const bool certain = observed && !probe.known.doubt.any();
        const int rank = certain && observed->enabled ? 2 : !observed ? 1 : 0;
        return std::pair(rank, observed ? observed->observed_at : WallTime{});
    };
    std::ranges::stable_sort(probes_, std::greater{}, worth);
}

std::vector<Change> ProbeRound::wanted() {
    std::vector<Change> now;
    if (!stopped_.empty() || (!proven_ && !open_.empty())) {
        return now;
    }
    const std::size_t end = proven_ ? probes_.size() : std::min(next_ + 1, probes_.size());
    for (; next_ < end; ++next_) {
        if (open_.insert(probes_[next_].id).second) {
            untried_.insert(probes_[next_].id);
            now.push_back(std::move(probes_[next_]));
        }
    }
    return now;
}

void ProbeRound::under_way(const KeyId& id) {
    open_.insert(id);
    untried_.insert(id);
}

ProbeRound::Next ProbeRound::answered(const Change& probe, unsigned attempt, const Outcome& outcome) {
    untried_.erase(probe.id);
    if (const auto* applied = std::get_if<Applied>(&outcome)) {
        const auto& before = probe.known.observed;
        if (!proven_ && judge_canary(probe, applied->key) == Next::once_more_at_once) {
            return Next::once_more_at_once;
        }
        open_.erase(probe.id);
        seen_.insert(probe.id);
        ++counts_.looked_at;
        counts_.changed += !before || !moved_fields(probe.known, applied->key).empty() ? 1 : 0;
        return Next::done;
    }
    if (!stopped_.empty()) {
        return failed(probe.id);
    }
    if (std::holds_alternative<Rejected>(outcome)) {
        return failed(probe.id); // the key's fault: no such id, most likely
    }
    if (attempt < options_.attempts || (options_.patient && concerns_every_key(outcome))) {
        return Next::again;
    }
    if (!proven_ && ++unanswered_ >= most_canaries) {
        stop(fmt::format("none of {} keys could be looked at: {}", unanswered_, outcome_detail(outcome)));
    }
    return failed(probe.id);
}

ProbeRound::Next ProbeRound::judge_canary(const Change& probe, const ApiKey& answer) {
    if (!probe.known.observed || probe.known.doubt.any()) {
        return Next::once_more_at_once; // there is nothing certain yet to compare with
    }
    const std::vector<std::string> moved = moved_fields(probe.known, answer);
    if (!moved.empty()) {
        stop(fmt::format(
            "a look at {} came back with another {}: either a look changes more than updatedAt at "
            "this server, or somebody else changed the key; what came back is recorded, and no "
            "other key was looked at",
            probe.id.to_string(), fmt::join(moved, " and ")));
    } else if (answer.enabled) {
        proven_ = true;
    } else if (++inconclusive_ >= most_canaries && next_ < probes_.size()) {
        stop(fmt::format(
            "{} keys came back disabled, so that nothing tells whether a look leaves an enabled key "
            "alone at this server; no other key was looked at. An enabled key would tell",
            inconclusive_));
    }
    return Next::done;
}

ProbeRound::Next ProbeRound::failed(const KeyId& id) {
    open_.erase(id);
    untried_.erase(id);
    ++counts_.failed;
    return Next::done;
}

void ProbeRound::stop(const std::string& why) {
    if (stopped_.empty()) {
        stopped_ = why;
    }
}

RefreshResult ProbeRound::result() const {
    RefreshResult result = counts_;
    result.stopped = stopped_;
    return result;
}

std::vector<std::string> moved_fields(const KnownKey& before, const ApiKey& answer) {
    std::vector<std::string> moved;
    if (!before.observed) {
        return moved;
    }
    if (!before.doubt.name && before.observed->name != answer.name) {
        moved.emplace_back("name");
    }
    if (!before.doubt.enabled && before.observed->enabled != answer.enabled) {
        moved.emplace_back("enabled");
    }
    if (before.observed->created_at != answer.created_at) {
        moved.emplace_back("createdAt");
    }
    if (before.observed->secret != answer.secret) {
        moved.emplace_back("secret");
    }
    return moved;
}

} // namespace apikeyd
