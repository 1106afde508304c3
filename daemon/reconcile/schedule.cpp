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

void Schedule::queue(Work work) {
    const std::size_t rank = index_of(work);
    pending_.insert(work.change.id);
    queues_[rank].push_back(std::move(work));
}

void Schedule::wait(Work work, MonoTime until) {
    pending_.insert(work.change.id);
    waiting_.emplace(until, std::move(work));
}

void Schedule::clear() {
    for (auto& queue : queues_) {
        queue.clear();
    }
    waiting_.clear();
    pending_.clear();
}

bool Schedule::barred(const Work& work) const {
    if (work.rank() == last_rank) {
        return !out_.empty() || pending() > 1;
    }
    const auto earlier = first_tries_.begin() + work.rank();
    return std::any_of(first_tries_.begin(), earlier, [](std::size_t count) { return count > 0; });
}

const Work* Schedule::first_queued() const {
    const auto queue = std::ranges::find_if(queues_, [](const auto& one) { return !one.empty(); });
    return queue != queues_.end() && !barred(queue->front()) ? &queue->front() : nullptr;
}

// The earliest that waits. Our own key's disable may be barred for long, and must not hide the one behind it.
Schedule::Waiting::const_iterator Schedule::first_waiting() const {
    auto first = waiting_.begin();
    if (first != waiting_.end() && first->second.rank() == last_rank && barred(first->second)) {
        ++first;
    }
    return first != waiting_.end() && !barred(first->second) ? first : waiting_.end();
}

std::optional<Work> Schedule::take(MonoTime now) {
    const Work* queued = first_queued();
    const auto waiting = first_waiting();
    const bool due = waiting != waiting_.end() && waiting->first <= now;
    if (due && (queued == nullptr || waiting->second.rank() <= queued->rank())) {
        Work work = std::move(waiting_.extract(waiting).mapped());
        pending_.erase(work.change.id);
        return work;
    }
    if (queued == nullptr) {
        return std::nullopt;
    }
    auto& queue = queues_[index_of(*queued)];
    Work work = std::move(queue.front());
    queue.pop_front();
    pending_.erase(work.change.id);
    return work;
}

std::optional<MonoTime> Schedule::next() const {
    if (first_queued() != nullptr) {
        return MonoTime{};
    }
    // What is barred is looked at again when that which bars it is answered.
    const auto waiting = first_waiting();
    return waiting != waiting_.end() ? std::optional(waiting->first) : std::nullopt;
}

void Schedule::handed_out(Work work) {
    const KeyId id = work.change.id;
    first_tries_[index_of(work)] += work.attempt == 0 ? 1 : 0;
    out_.emplace(id, std::move(work));
}

std::optional<Work> Schedule::returned(const KeyId& id) {
    auto node = out_.extract(id);
    if (node.empty()) {
        return std::nullopt;
    }
    Work& work = node.mapped();
    first_tries_[index_of(work)] -= work.attempt == 0 ? 1 : 0;
    return std::move(work);
}

} // namespace apikeyd
