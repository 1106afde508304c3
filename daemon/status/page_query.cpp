// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/page_query.hpp"

#include "config/scalars.hpp"

#include <Poco/URI.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace apikeyd {

namespace {

constexpr std::size_t longest_search = 400; // bytes: names are shorter
constexpr std::array<std::string_view, 5> orders{"state", "name", "id", "evidence", "source"}; // by KeyOrder

std::string wrong_state() {
    std::string words = "state: one of managed";
    for (std::size_t n = 0; n < row_states; ++n) {
        words += ", ";
        words += to_string(static_cast<RowState>(n));
    }
    return words + "\n";
}

// Empty, or what is wrong.
std::string take_state(KeyQuery& query, const std::string& value) {
    query.managed = value == "managed";
    query.state = parse_row_state(value);
    return query.managed || query.state || value.empty() ? "" : wrong_state();
}

std::string take_sort(KeyQuery& query, std::string_view value) {
    query.descending = value.starts_with('-');
    const auto* const found = std::ranges::find(orders, value.substr(query.descending ? 1 : 0));
    if (found == orders.end()) {
        return fmt::format("sort: one of {}; with - before it, backwards\n", fmt::join(orders, ", "));
    }
    query.order = static_cast<KeyOrder>(found - orders.begin());
    return {};
}

std::string take_page(KeyQuery& query, const std::string& value) {
    const auto page = parse_unsigned(value);
    if (!page || *page < 1) {
        return "page: not a number from 1 on\n";
    }
    query.page = *page;
    return {};
}

std::string take(KeyQuery& query, const std::string& name, const std::string& value) {
    if (name == "q") {
        query.search = value;
        return value.size() > longest_search ? fmt::format("q: longer than {} bytes\n", longest_search) : "";
    }
    return name == "state"  ? take_state(query, value)
           : name == "sort" ? take_sort(query, value)
           : name == "page" ? take_page(query, value)
                            : "there are four parameters: q, state, sort, page\n";
}

} // namespace

std::variant<KeyQuery, std::string> parse_key_query(const Query& query) {
    KeyQuery parsed;
    for (const auto& [name, value] : query) {
        if (std::string wrong = take(parsed, name, value); !wrong.empty()) {
            return wrong;
        }
    }
    return parsed;
}

std::string sort_word(const KeyQuery& query) {
    return fmt::format("{}{}", query.descending ? "-" : "", orders[static_cast<std::size_t>(query.order)]);
}

std::string_view state_word(const KeyQuery& query) {
    return query.managed ? "managed" : query.state ? to_string(*query.state) : "";
}

std::string link_to(const KeyQuery& query) {
    std::string text;
    const auto add = [&text](std::string_view name, const std::string& value) {
        text += fmt::format("{}{}={}", text.empty() ? "?" : "&amp;", name, value);
    };
    if (!query.search.empty()) {
        std::string encoded;
        Poco::URI::encode(query.search, "!\"#$&'()*+,/:;<=>?@[\\]^`{|}%", encoded);
        add("q", encoded);
    }
    if (const std::string_view state = state_word(query); !state.empty()) {
        add("state", std::string(state));
    }
    if (const std::string sort = sort_word(query); sort != orders.front()) {
        add("sort", sort);
    }
    if (query.page > 1) {
        add("page", std::to_string(query.page));
    }
    return (text.empty() ? "?" : text) + "#keys";
}

} // namespace apikeyd
