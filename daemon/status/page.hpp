// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/status/key_table.hpp"
#include "daemon/status/site.hpp"
#include "daemon/status/snapshot.hpp"
#include "daemon/status/status_reader.hpp"
#include "daemon/status/status_report.hpp"

#include <memory>
#include <string>

namespace apikeyd {

// All that the page shows.
struct PageData {
    std::shared_ptr<const StatusSnapshot> snapshot; // never nullptr
    std::shared_ptr<const StatusReport> report;     // nullptr, like the table: the state can't be read
    std::shared_ptr<const KeyTable> table;
    RecentHistory history;
    std::string state_problem; // why it can't be read
    KeyQuery query;
    WallTime now{};
};

// A whole document that needs nothing but its style sheet, its script and its icon, all of them beside it;
// and that works without the script. Pure.
std::string render_page(const PageData& data);

// Adds the page, "/", and what belongs to it. All but the site must outlive its use.
void add_page(Site& site, const SnapshotBoard& board, StatusReader& reader);

} // namespace apikeyd
