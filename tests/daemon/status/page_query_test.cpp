// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/page_query.hpp"

#include <catch2/catch.hpp>

#include <utility>

using namespace apikeyd;
using Catch::Matchers::Contains;

namespace {

KeyQuery parsed(const Query& query) {
    return std::get<KeyQuery>(parse_key_query(query));
}

std::string refused(const Query& query) {
    return std::get<std::string>(parse_key_query(query));
}

// As a browser follows it, through the site that takes it apart.
KeyQuery followed(const std::string& link) {
    std::string target = "/" + link.substr(0, link.find('#'));
    for (std::size_t at = 0; (at = target.find("&amp;", at)) != target.npos;) {
        target.replace(at, 5, "&");
    }
    Site site(HostCheck::anything());
    KeyQuery seen;
    site.add("/", [&seen](const Query& query) {
        seen = parsed(query);
        return WebResponse{};
    });
    CHECK(site.answer({"GET", target, {"localhost"}}).status == 200);
    return seen;
}

} // namespace

TEST_CASE("page query: nothing said means trouble first, all keys, the first page") {
    CHECK(parsed({}) == KeyQuery{});
    CHECK(parsed({{"q", ""}, {"state", ""}}) == KeyQuery{}); // as a form sends it
    CHECK(link_to({}) == "?#keys");
}

TEST_CASE("page query: a link leads to what it was made from") {
    KeyQuery query;
    query.search = "a&b=c #1+%<\"'>;\u00fc";
    query.state = RowState::in_doubt;
    query.order = KeyOrder::evidence;
    query.descending = true;
    query.page = 7;
    const std::string link = link_to(query);
    CHECK(link.find_first_of("<>\"'") == link.npos); // fit for an attribute
    CHECK_THAT(link, Contains("state=in_doubt") && Contains("sort=-evidence") && Contains("page=7"));
    CHECK(followed(link) == query);
    KeyQuery managed;
    managed.managed = true;
    CHECK(followed(link_to(managed)) == managed);
}

TEST_CASE("page query: what isn't there is refused, with what there is") {
    for (const auto& [name, value, why] : {std::tuple{"state", "gone", "one of managed, rejected, held"},
                                           {"sort", "size", "one of state, name"},
                                           {"sort", "--name", "one of state"},
                                           {"sort", "", "one of state"},
                                           {"page", "0", "from 1 on"},
                                           {"page", "-1", "from 1 on"},
                                           {"page", "x", "from 1 on"},
                                           {"limit", "5", "q, state, sort, page"}}) {
        CAPTURE(name, value);
        CHECK_THAT(refused({{name, value}}), Contains(why));
    }
    CHECK_THAT(refused({{"q", std::string(401, 'a')}}), Contains("400 bytes"));
}
