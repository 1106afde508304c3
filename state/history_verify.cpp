// SPDX-License-Identifier: Apache-2.0
#include "state/history_log.hpp"
#include "state/history_walk.hpp"

#include <SQLiteCpp/Column.h>

namespace apikeyd {

using history_chain::Mark;
using Kind = HistoryFault::Kind;

namespace {

// What the mark of the newest row says against the rows there are.
std::optional<HistoryFault> check_head(const std::optional<Mark>& head, const Mark& newest) {
    if (!head) {
        return HistoryFault{Kind::head_missing, newest.seq};
    }
    if (head->seq > newest.seq) {
        return HistoryFault{Kind::missing, newest.seq + 1};
    }
    if (head->seq < newest.seq) {
        return HistoryFault{Kind::added, head->seq + 1};
    }
    return head->chain == newest.chain ? std::nullopt
                                       : std::optional(HistoryFault{Kind::changed, newest.seq});
}

} // namespace

HistoryVerdict HistoryLog::verify() {
    HistoryVerdict verdict;
    HistoryWalk walk(db_);
    while (walk.next()) {
        verdict.last_seq = walk.newest().seq;
        verdict.first_seq = verdict.rows == 0 ? verdict.last_seq : verdict.first_seq;
        ++verdict.rows;
    }
    if (walk.anchor()) {
        verdict.pruned_to = walk.anchor()->seq;
    }
    verdict.unchained =
        static_cast<std::uint64_t>(db_.execAndGet("SELECT count(*) FROM history_unchained").getInt64());
    verdict.fault = walk.fault()
                        ? walk.fault()
                        : check_head(history_chain::read_mark(db_, history_chain::head), walk.newest());
    verdict.head = to_string(walk.newest().chain);
    return verdict;
}

} // namespace apikeyd
