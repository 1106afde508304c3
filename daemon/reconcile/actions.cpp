// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/reconciler.hpp"

#include <iterator>
#include <utility>

namespace apikeyd {

namespace {

template <typename T>
void move_to(std::vector<T>& target, std::vector<T>&& source) {
    target.insert(target.end(), std::make_move_iterator(source.begin()),
                  std::make_move_iterator(source.end()));
}

} // namespace

void Actions::append(Actions&& later) {
    move_to(batch.keys, std::move(later.batch.keys));
    move_to(batch.history, std::move(later.batch.history));
    move_to(batch.reconciliations, std::move(later.batch.reconciliations));
    if (later.batch.held) {
        batch.held = std::move(later.batch.held);
    }
    move_to(batch.commits, std::move(later.batch.commits));
    if (later.batch.suspension) {
        batch.suspension = std::move(later.batch.suspension);
    }
    if (later.batch.probes_proven) {
        batch.probes_proven = std::move(later.batch.probes_proven);
    }
    move_to(events, std::move(later.events));
    move_to(dispatches, std::move(later.dispatches));
    move_to(look_up, std::move(later.look_up));
    withdraw = withdraw || later.withdraw;
}

} // namespace apikeyd
