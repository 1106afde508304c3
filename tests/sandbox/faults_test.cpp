// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/faults.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <vector>

using namespace apikeyd;
using namespace apikeyd::sandbox;

namespace {

const KeyId first_key = *KeyId::parse("5e5677d71bdc2ae76344968c");
const KeyId other_key = *KeyId::parse("5e5677d71bdc2ae76344968d");

FaultSchedule schedule(std::string_view spec) {
    auto parsed = FaultSchedule::parse(spec);
    if (const auto* error = std::get_if<GrammarError>(&parsed)) {
        FAIL(error->message);
    }
    return std::move(std::get<FaultSchedule>(parsed));
}

} // namespace

TEST_CASE("faults: a schedule is read and written back") {
    const auto [spec, normal] = GENERATE(table<const char*, const char*>({
        {"", ""},
        {" ; ;\n\n", ""},
        {"ok", "ok"},
        {"429", "429"},
        {" 429 = 3 * 2 @ 5E5677D71BDC2AE76344968C ", "429=3*2@5e5677d71bdc2ae76344968c"},
        {"429=date+60", "429=date+60"},
        {"429=soon*1", "429=soon"},
        {"500;500=NOT_FOUND", "500;500=NOT_FOUND"},
        {"503*inf", "503*inf"},
        {"hang@5e5677d71bdc2ae76344968c*2", nullptr},
        {"reset-before;reset-after\nclose-before # and then\n#none\nok;",
         "reset-before;reset-after;close-before;ok"},
    }));
    CAPTURE(spec);
    if (normal) {
        CHECK(schedule(spec).to_string() == normal);
        CHECK(schedule(schedule(spec).to_string()).to_string() == normal);
    } else {
        CHECK(std::holds_alternative<GrammarError>(FaultSchedule::parse(spec)));
    }
}

TEST_CASE("faults: what is no schedule is refused with the entry and the reason") {
    const auto [spec, message] = GENERATE(table<const char*, const char*>({
        {"bogus", "faults: in 'bogus': no fault is called 'bogus'"},
        {"ok;OK", "faults: in 'OK': no fault is called 'OK'"},
        {"=3", "faults: in '=3': no fault is called ''"},
        {"hang=3", "faults: in 'hang=3': 'hang' takes no argument"},
        {"429=", "faults: in '429=': '429=' lacks its argument"},
        {"500= *2", "faults: in '500= *2': '500=' lacks its argument"},
        {"429=a\tb", "faults: in '429=a\tb': the argument of '429' may hold only printable ASCII"},
        {"ok*0", "faults: in 'ok*0': '*0' is no count: a number from 1 on, or 'inf'"},
        {"ok*", "faults: in 'ok*': '*' is no count: a number from 1 on, or 'inf'"},
        {"ok*-1", "faults: in 'ok*-1': '*-1' is no count: a number from 1 on, or 'inf'"},
        {"ok*2x", "faults: in 'ok*2x': '*2x' is no count: a number from 1 on, or 'inf'"},
        {"ok*99999999999999999999", "faults: in 'ok*99999999999999999999': '*99999999999999999999' is no "
                                    "count: a number from 1 on, or 'inf'"},
        {"ok@5e56", "faults: in 'ok@5e56': '@5e56' is no key id: 24 hex digits are"},
        {"ok@", "faults: in 'ok@': '@' is no key id: 24 hex digits are"},
    }));
    CAPTURE(spec);
    const auto parsed = FaultSchedule::parse(spec);
    REQUIRE(std::holds_alternative<GrammarError>(parsed));
    CHECK(std::get<GrammarError>(parsed).message == message);
}

TEST_CASE("faults: entries are used up in order, by the requests they are for") {
    auto faults = schedule("401*2@5e5677d71bdc2ae76344968d;ok;hang*2;503*inf");
    const std::vector<std::pair<std::optional<KeyId>, FaultKind>> requests{
        {first_key, FaultKind::ok},          {other_key, FaultKind::unauthenticated},
        {std::nullopt, FaultKind::hang},     {other_key, FaultKind::unauthenticated},
        {other_key, FaultKind::hang},        {other_key, FaultKind::unavailable},
        {first_key, FaultKind::unavailable},
    };
    for (const auto& [id, kind] : requests) {
        CHECK(faults.take(id).kind == kind);
    }
    CHECK(faults.to_string() == "503*inf");
}

TEST_CASE("faults: after the schedule nothing goes wrong") {
    auto faults = schedule("429=7");
    CHECK(faults.take(first_key).to_string() == "429=7");
    CHECK(faults.empty());
    CHECK(faults.take(first_key).kind == FaultKind::none);
    CHECK(faults.take(first_key).to_string().empty());
}

TEST_CASE("faults: every kind has a name in the grammar") {
    std::set<FaultKind> kinds;
    for (const FaultInfo& fault : all_faults()) {
        CAPTURE(fault.name);
        kinds.insert(fault.kind);
        const std::string argument = fault.argument == FaultInfo::Argument::required ? "=X" : "";
        CHECK(schedule(std::string(fault.name) + argument).take(first_key).kind == fault.kind);
        CHECK(info(fault.kind).name == fault.name);
    }
    CHECK(kinds.size() == static_cast<std::size_t>(FaultKind::new_secret));
}
