// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/resync.hpp"

#include <algorithm>

namespace apikeyd {

namespace {

// At most so many in one go: after a suspend, say, everything is overdue, and a burst is what nobody wants.
constexpr std::size_t most_at_once = 16;

} // namespace

// Between a half and one and a half of an even share.
MonoTime::duration Resync::share(const RandomSource& random) const {
    const auto even = std::chrono::nanoseconds(interval_).count() / static_cast<std::int64_t>(keys_);
    const auto jitter =
        static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(std::max<std::int64_t>(even, 1)));
    return std::chrono::nanoseconds{even / 2 + jitter};
}

void Resync::begin(std::size_t keys, const RandomSource& random, MonoTime now) {
    keys_ = keys;
    position_ = keys == 0 ? 0 : position_ % keys;
    if (next()) {
        at_ = now + share(random);
    }
}

std::vector<std::size_t> Resync::due(const RandomSource& random, MonoTime now) {
    std::vector<std::size_t> positions;
    if (!next()) {
        return positions;
    }
    while (at_ <= now && positions.size() < std::min(most_at_once, keys_)) {
        positions.push_back(position_);
        position_ = (position_ + 1) % keys_;
        at_ += share(random);
    }
    if (at_ <= now) {
        at_ = now + share(random); // what is overdue beyond that waits for its next turn
    }
    return positions;
}

std::optional<MonoTime> Resync::next() const {
    return interval_.count() > 0 && keys_ > 0 ? std::optional(at_) : std::nullopt;
}

} // namespace apikeyd
