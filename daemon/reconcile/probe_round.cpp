// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/probe_round.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace apikeyd {

namespace {

// So many keys may give no answer before it is the server that is blamed, and not the key.
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
        choose_canary();
    }
}

// The freshest answer is the one that somebody else had the least time to make untrue.
void ProbeRound::choose_canary() {
    const auto freshness = [](const Change& probe) {
        return probe.known.observed && !probe.known.doubt.any() ? probe.known.observed->observed_at
                                                                : WallTime::min();
    };
    const auto freshest = std::ranges::max_element(probes_, {}, freshness);
    if (freshest != probes_.end()) {
        std::rotate(probes_.begin(), freshest, std::next(freshest));
    }
}

std::vector<Change> ProbeRound::wanted() {
    std::vector<Change> now;
    if (!stopped_.empty() || (!proven_ && !open_.empty())) {
        return now;
    }
    const std::size_t end = proven_ ? probes_.size() : std::min(next_ + 1, probes_.size());
    for (; next_ < end; ++next_) {
        if (open_.insert(probes_[next_].id).second) {
            now.push_back(std::move(probes_[next_]));
        }
    }
    return now;
}

void ProbeRound::under_way(const KeyId& id) {
    open_.insert(id);
}

ProbeRound::Next ProbeRound::answered(const Change& probe, unsigned attempt, const Outcome& outcome) {
    if (const auto* applied = std::get_if<Applied>(&outcome)) {
        const auto& before = probe.known.observed;
        if (!proven_ && judge_canary(probe, applied->key) == Next::once_more_at_once) {
            return Next::once_more_at_once;
        }
        open_.erase(probe.id);
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
    if (!proven_ && ++canaries_ >= most_canaries) {
        stop(fmt::format("none of {} keys could be looked at: {}", canaries_, outcome_detail(outcome)));
    }
    return failed(probe.id);
}

ProbeRound::Next ProbeRound::judge_canary(const Change& probe, const ApiKey& answer) {
    if (!probe.known.observed) {
        return Next::once_more_at_once; // there is nothing yet to compare with
    }
    const std::vector<std::string> moved = moved_fields(probe.known, answer);
    if (moved.empty()) {
        proven_ = true;
    } else {
        stop(fmt::format(
            "a look at {} came back with another {}: either a look changes more than updatedAt at "
            "this server, or somebody else changed the key; what came back is recorded, and no "
            "other key was looked at",
            probe.id.to_string(), fmt::join(moved, " and ")));
    }
    return Next::done;
}

ProbeRound::Next ProbeRound::failed(const KeyId& id) {
    open_.erase(id);
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
