// SPDX-License-Identifier: Apache-2.0
#include "state/history_anchor.hpp"
#include "state/history_log.hpp"
#include "state/rows.hpp"

#include <fmt/format.h>

namespace apikeyd {

using history_chain::Mark;
using Kind = HistoryFault::Kind;

namespace {

// The row that told of the last pruning must name the anchor in force: it is in the chain, the anchor is not.
std::optional<HistoryFault> check_anchor(SQLite::Database& db, const std::optional<Mark>& anchor) {
    if (!anchor) {
        return std::nullopt; // then the first row must follow nothing
    }
    SQLite::Statement query(db, "SELECT seq, detail FROM history WHERE reason = ? ORDER BY seq DESC LIMIT 1");
    query.bind(1, std::string(pruned_reason));
    if (!query.executeStep()) {
        return HistoryFault{Kind::anchor_changed, 0};
    }
    if (!query.getColumn(1).getString().ends_with(anchor_text(*anchor))) {
        return HistoryFault{Kind::anchor_changed, query.getColumn(0).getInt64()};
    }
    return std::nullopt;
}

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

std::optional<HistoryFault> check_row(const Mark& before, const Mark& stated, const Digest& found) {
    if (stated.seq <= before.seq) {
        return HistoryFault{Kind::added, stated.seq}; // of the numbers that were pruned
    }
    if (found == stated.chain) {
        return std::nullopt;
    }
    // After a gap the row is right and what it follows is gone. A gap alone proves nothing: rows that came
    // from an older state may have had some.
    return stated.seq > before.seq + 1 ? HistoryFault{Kind::missing, before.seq + 1}
                                       : HistoryFault{Kind::changed, stated.seq};
}

} // namespace

HistoryVerdict HistoryLog::verify() {
    HistoryVerdict verdict;
    const auto anchor = history_chain::read_mark(db_, history_chain::anchor);
    Mark newest = anchor.value_or(Mark{});
    if (anchor) {
        verdict.pruned_to = anchor->seq;
    }
    verdict.fault = check_anchor(db_, anchor);
    SQLite::Statement query(db_, fmt::format("SELECT {}, {}, h.chain FROM history h {} ORDER BY h.seq",
                                             rows::history_columns, history_chain::commit_columns,
                                             history_chain::commit_join));
    const int chain_column = query.getColumnCount() - 1;
    while (!verdict.fault && query.executeStep()) {
        const Mark stated{query.getColumn(0).getInt64(),
                          history_chain::read_digest(query.getColumn(chain_column))};
        verdict.fault = check_row(newest, stated, history_chain::next(newest.chain, query));
        if (!verdict.fault) {
            newest = stated;
            verdict.first_seq = verdict.rows == 0 ? stated.seq : verdict.first_seq;
            verdict.last_seq = stated.seq;
            ++verdict.rows;
        }
    }
    if (!verdict.fault) {
        verdict.fault = check_head(history_chain::read_mark(db_, history_chain::head), newest);
    }
    verdict.head = to_string(newest.chain);
    return verdict;
}

} // namespace apikeyd
