// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/schedule.hpp"

#include <algorithm>
#include <utility>

namespace apikeyd {

namespace {

constexpr int last_rank = Work::ranks - 1;

std::size_t index_of(const Work& work) {
    return static_cast<std::size_t>(work.rank());
}

} // namespace

void Schedule::count(const Work& work) {
    untried_[index_of(work)] += work.tried ? 0 : 1;
    failing_ += work.attempt > 0 ? 1 : 0;
    in_doubt_ += work.change.known.doubt.any() ? 1 : 0;
}

void Schedule::discount(const Work& work) {
    untried_[index_of(work)] -= work.tried ? 0 : 1;
    failing_ -= work.attempt > 0 ? 1 : 0;
    in_doubt_ -= work.change.known.doubt.any() ? 1 : 0;
}

void Schedule::queue(Work work) {
    count(work);
    pending_.insert(work.change.id);
    queues_[index_of(work)].push_back(std::move(work));
}

void Schedule::wait(Work work, MonoTime until) {
    count(work);
    pending_.insert(work.change.id);
    waiting_.emplace(until, std::move(work));
}

void Schedule::clear() {
    for (auto& queue : queues_) {
        queue.clear();
    }
    waiting_.clear();
    pending_.clear();
    untried_ = {};
    failing_ = in_doubt_ = 0;
    for (const auto& [id, work] : out_) {
        count(work);
    }
}

bool Schedule::barred(const Work& work) const {
    if (work.rank() == last_rank) {
        return !out_.empty() || pending() > 1;
    }
    const auto earlier = untried_.begin() + work.rank();
    return std::any_of(untried_.begin(), earlier, [](std::size_t count) { return count > 0; });
}

const std::deque<Work>* Schedule::first_ready() const {
    const auto queue =
        std::ranges::find_if(queues_, [&](const auto& one) { return !one.empty() && !barred(one.front()); });
    return queue != queues_.end() ? &*queue : nullptr;
}

std::optional<Work> Schedule::take(MonoTime now) {
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
        Work due = std::move(waiting_.extract(waiting_.begin()).mapped());
        queues_[index_of(due)].push_back(std::move(due));
    }
    const auto* ready = first_ready();
    if (ready == nullptr) {
        return std::nullopt;
    }
    auto& queue = queues_[static_cast<std::size_t>(ready - queues_.data())];
    Work work = std::move(queue.front());
    queue.pop_front();
    pending_.erase(work.change.id);
    discount(work);
    return work;
}

std::optional<MonoTime> Schedule::next() const {
    if (first_ready() != nullptr) {
        return MonoTime{};
    }
    // What is barred is looked at again when that which bars it is answered, or due itself.
    return waiting_.empty() ? std::nullopt : std::optional(waiting_.begin()->first);
}

void Schedule::handed_out(Work work) {
    count(work);
    const KeyId id = work.change.id;
    out_.emplace(id, std::move(work));
}

std::optional<Work> Schedule::returned(const KeyId& id) {
    auto node = out_.extract(id);
    if (node.empty()) {
        return std::nullopt;
    }
    discount(node.mapped());
    return std::move(node.mapped());
}

} // namespace apikeyd
