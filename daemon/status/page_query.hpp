// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/status/key_table.hpp"
#include "daemon/status/site.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace apikeyd {

// The page's parameters: q, state, sort, page. What is left out is as KeyQuery has it. Or what is wrong with
// them, for people.
std::variant<KeyQuery, std::string> parse_key_query(const Query& query);

// The other way round, relative to the page, and at the table: "?state=held&page=2#keys". Fit for an
// attribute.
std::string link_to(const KeyQuery& query);

// The value of `sort`: "name", "-name".
std::string sort_word(const KeyQuery& query);
// The value of `state`; empty: all keys.
std::string_view state_word(const KeyQuery& query);

} // namespace apikeyd
