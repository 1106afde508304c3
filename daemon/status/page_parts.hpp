// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/status/page.hpp"
#include "daemon/status/page_query.hpp"
#include "daemon/status/traffic.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace apikeyd {

// The parts of the page, each as HTML. What has a `data-part` is replaced as a whole by the script.

std::string keys_section(const PageData& data);                            // search, table, pages
std::string coming_section(const PageData& data);                          // empty: nothing is coming
std::string changes_section(const PageData& data);                         // the last rows of the history
std::string traffic_section(const StatusSnapshot& snapshot, WallTime now); // the chart

// What the operator can do about it, as HTML; empty: nothing is to be done, or the page has a notice of it.
std::string next_step(const StatusSnapshot& snapshot);

// Another one for each snapshot, also of another process.
std::string page_version(const StatusSnapshot& snapshot);

// How a verdict looks.
struct VerdictLook {
    std::string label; // "In sync"
    const char* tone;  // a class of the style sheet
    const char* shape; // the inside of an SVG of 24 by 24, drawn with strokes
};
VerdictLook look_of(std::string_view verdict);
std::string icon_svg(std::string_view verdict); // a document: the page's icon

// The sentence without what the label says already.
std::string_view sentence_behind(std::string_view label, std::string_view sentence);

struct StateLook {
    const char* sign; // one character
    const char* tone;
};
StateLook look_of(RowState state);

std::string grouped(std::uint64_t number);                            // "12,345"
std::string html_age(WallTime time);                                  // the script makes "3 min ago" of it
std::string html_wait(WallTime time);                                 // and "in 3 min" of this
std::string html_source(const std::string& file, std::uint32_t line); // the file's name; its path on demand
std::string milliseconds_text(std::chrono::milliseconds duration);    // "23 ms", "1.2 s"

} // namespace apikeyd
