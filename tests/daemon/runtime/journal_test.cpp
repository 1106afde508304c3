// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/journal.hpp"

#include "tests/support/sample_events.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <unistd.h>
#include <vector>

using namespace apikeyd;
using namespace apikeyd::test;
using Catch::Matchers::Contains;
using Catch::Matchers::VectorContains;

namespace {

using Entry = std::multimap<std::string, std::string>;

Entry split(const JournalEntry& entry) {
    Entry fields;
    for (const std::string& field : entry) {
        const auto equals = field.find('=');
        REQUIRE(equals != std::string::npos);
        fields.emplace(field.substr(0, equals), field.substr(equals + 1));
    }
    return fields;
}

std::string one(const Entry& fields, const std::string& name) {
    CAPTURE(name);
    REQUIRE(fields.count(name) == 1);
    return fields.find(name)->second;
}

// What the journal is given of `tell`.
template <typename Tell>
std::vector<JournalEntry> entries_of(const Tell& tell) {
    std::vector<JournalEntry> entries;
    Log log(
        LogFormat::journal, LogLevel::debug,
        [](LogLevel, const std::string& line) { FAIL_CHECK("not in the journal: " << line); },
        [&](const JournalEntry& entry) {
            entries.push_back(entry);
            return true;
        });
    tell(log);
    return entries;
}

std::vector<Entry> sample_entries() {
    std::vector<Entry> samples;
    for (const JournalEntry& entry : entries_of(log_sample_events)) {
        samples.push_back(split(entry));
    }
    return samples;
}

std::string file_text(const std::string& path) {
    std::ifstream file(path);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), {}};
}

// One entry of the catalogue.
struct Explanation {
    std::map<std::string, std::string> header;
    std::string body;
};

std::map<std::string, Explanation> catalogue() {
    std::map<std::string, Explanation> explanations;
    std::ifstream file(APIKEYD_CATALOGUE);
    REQUIRE(file);
    Explanation* current = nullptr;
    bool in_header = false;
    for (std::string line; std::getline(file, line);) {
        CAPTURE(line);
        if (line.starts_with("-- ")) {
            const auto [entry, fresh] = explanations.try_emplace(line.substr(3));
            REQUIRE(fresh);
            current = &entry->second;
            in_header = true;
        } else if (current == nullptr) {
            REQUIRE((line.empty() || line.starts_with("#")));
        } else if (in_header && !line.empty()) {
            const auto colon = line.find(": ");
            REQUIRE(colon != std::string::npos);
            current->header[line.substr(0, colon)] += line.substr(colon + 2);
        } else {
            in_header = false;
            current->body += line + "\n";
        }
    }
    return explanations;
}

std::set<std::string> substitutions(const std::string& text) {
    std::set<std::string> names;
    const std::regex pattern("@([A-Z0-9_]+)@");
    for (std::sregex_iterator match(text.begin(), text.end(), pattern); match != std::sregex_iterator();
         ++match) {
        names.insert((*match)[1]);
    }
    return names;
}

} // namespace

TEST_CASE("journal: an entry has the line for people, and each field by itself") {
    const auto entries = entries_of([](Log& log) {
        log.event(LogLevel::warning, "api_key_retry",
                  {{"id", std::string("aa")},
                   {"n", std::int64_t{3}},
                   {"in_doubt", true},
                   {"before", LogFields{{"name", std::string("a b")}}}});
    });
    CHECK(entries ==
          std::vector<JournalEntry>{{"MESSAGE=api_key_retry id=aa n=3 in_doubt=true before.name=\"a b\"",
                                     "PRIORITY=4", "SYSLOG_IDENTIFIER=apikeyd",
                                     "MESSAGE_ID=" + std::string(EventName("api_key_retry").message_id()),
                                     "APIKEYD_EVENT=api_key_retry", "APIKEYD_KEY_ID=aa", "APIKEYD_N=3",
                                     "APIKEYD_IN_DOUBT=true", "APIKEYD_BEFORE_NAME=a b"}});
}

TEST_CASE("journal: levels are syslog's priorities") {
    const auto [level, priority] = GENERATE(table<LogLevel, const char*>({
        {LogLevel::debug, "PRIORITY=7"},
        {LogLevel::info, "PRIORITY=6"},
        {LogLevel::warning, "PRIORITY=4"},
        {LogLevel::error, "PRIORITY=3"},
    }));
    CHECK_THAT(journal_entry(level, "plan_made", {}), VectorContains(std::string(priority)));
}

TEST_CASE("journal: the returned key goes in field by field, its secret redacted") {
    const auto entries = entries_of([](Log& log) {
        log_event(log, KeyUpdated{sample_key(), {"name", "enabled"}, Reason::changed, {}});
    });
    const Entry fields = split(entries.at(0));
    CHECK(one(fields, "APIKEYD_KEY_ID") == key_id(1).to_string());
    CHECK(one(fields, "APIKEYD_KEY_NAME") == "billing");
    CHECK(one(fields, "APIKEYD_KEY_ENABLED") == "true");
    CHECK(one(fields, "APIKEYD_KEY_ORGANIZATION_NAME") == "ACME");
    CHECK(one(fields, "APIKEYD_KEY_CREATED_AT") == "2024-01-01T00:00:00Z");
    CHECK(one(fields, "APIKEYD_KEY_SECRET") == "[redacted]");
    CHECK(fields.count("APIKEYD_CHANGED") == 2); // so that a search for one of them finds it
    for (const auto& [name, value] : fields) {
        CHECK_THAT(value, !Contains("ZZZZ") && !Contains("5a5a"));
    }
}

TEST_CASE("journal: values go in as they are, however long; the line for people stays one line") {
    const std::string odd("a\nb\0\xff\x1b[31m=\"", 12);
    const std::string longest(1 << 20, 'y');
    const auto entry = journal_entry(LogLevel::error, "token_invalid", {{"why", odd}, {"more", longest}});
    CHECK_THAT(entry, VectorContains("APIKEYD_WHY=" + odd));
    CHECK_THAT(entry, VectorContains("APIKEYD_MORE=" + longest));
    for (const char c : {'\n', '\0', '\xff', '\x1b'}) {
        CHECK(entry.at(0).find(c) == std::string::npos);
    }
}

TEST_CASE("journal: an event about one key names it, always in the same field") {
    // What only looks like one: a plan's, a file's or a state's events name no key.
    const std::set<std::string> about_a_key{
        "api_key_updated",      "api_key_rejected", "api_key_changed_elsewhere",
        "api_key_probe_failed", "api_key_retry",    "api_key_given_up",
        "key_in_doubt",         "secret_changed"};
    for (const Entry& fields : sample_entries()) {
        CAPTURE(one(fields, "MESSAGE"));
        CHECK(fields.count("APIKEYD_KEY_ID") == about_a_key.count(one(fields, "APIKEYD_EVENT")));
    }
}

TEST_CASE("journal: every field has a name that the journal takes, and no two share one") {
    const std::set<std::string> lists{"APIKEYD_CHANGED"};
    const std::regex valid("[A-Z][A-Z0-9_]{0,63}");
    for (const Entry& fields : sample_entries()) {
        for (const auto& [name, value] : fields) {
            CAPTURE(name, one(fields, "MESSAGE"));
            CHECK(std::regex_match(name, valid));
            CHECK((fields.count(name) == 1 || lists.contains(name)));
        }
    }
}

TEST_CASE("journal: every event has an id of its own, and the samples are all that there are") {
    const std::regex hex("[0-9a-f]{32}");
    std::set<std::string> known;
    std::set<std::string_view> ids;
    for (const EventId& row : event_ids) {
        CHECK(known.emplace(row.name).second);
        CHECK(ids.insert(row.message_id).second);
        CHECK(std::regex_match(std::string(row.message_id), hex));
    }
    std::set<std::string> told;
    for (const Entry& fields : sample_entries()) {
        told.insert(one(fields, "APIKEYD_EVENT"));
    }
    CHECK(told == known);
}

TEST_CASE("journal: the manual names just the events that there are") {
    std::string manual = file_text(APIKEYD_MANUAL);
    const auto begin = manual.find("\n# LOG EVENTS\n");
    REQUIRE(begin != std::string::npos);
    manual = manual.substr(begin, manual.find("\n# ", begin + 1) - begin);
    const std::regex row(R"(\n\|\[ ([a-z_]+)\n)");
    std::set<std::string> documented;
    for (std::sregex_iterator match(manual.begin(), manual.end(), row); match != std::sregex_iterator();
         ++match) {
        documented.insert((*match)[1]);
    }
    std::set<std::string> known;
    for (const EventId& id : event_ids) {
        known.emplace(id.name);
    }
    CHECK(documented == known);
}

TEST_CASE("catalogue: every event that is a warning or worse is explained, and nothing that isn't an event") {
    std::map<std::string, Explanation> explained = catalogue();
    for (const Entry& fields : sample_entries()) {
        CAPTURE(one(fields, "MESSAGE"));
        CHECK((one(fields, "PRIORITY") > "4" || explained.contains(one(fields, "MESSAGE_ID"))));
    }
    for (const EventId& row : event_ids) {
        explained.erase(std::string(row.message_id));
    }
    CHECK(explained.empty());
}

TEST_CASE("catalogue: an explanation has its headers, names its event and says something") {
    const auto explained = catalogue();
    for (const EventId& row : event_ids) {
        const auto found = explained.find(std::string(row.message_id));
        if (found == explained.end()) {
            continue;
        }
        CAPTURE(row.name);
        const auto& [header, body] = found->second;
        std::vector<std::string> names;
        for (const auto& [name, value] : header) {
            names.push_back(name);
        }
        CHECK(names == std::vector<std::string>{"Defined-By", "Documentation", "Subject", "Support"});
        CHECK(header.at("Defined-By") == "apikeyd");
        CHECK_THAT(header.at("Documentation"), Catch::Matchers::StartsWith("man:apikeyd"));
        CHECK_THAT(body, Contains("(" + std::string(row.name) + ")"));
        CHECK(body.size() > 120);
    }
}

// journalctl puts the name of a field where the entry has no such field, or one of more than 256 bytes.
TEST_CASE("catalogue: the fields that it puts in are in every entry of the event, and short") {
    const std::set<std::string> of_the_journal{"_SYSTEMD_UNIT"};
    const std::set<std::string> unbounded{"MESSAGE", "APIKEYD_WHY", "APIKEYD_MESSAGE", "APIKEYD_HINT",
                                          "APIKEYD_KEY_NAME"};
    const auto explained = catalogue();
    std::size_t checked = 0;
    for (const Entry& fields : sample_entries()) {
        const auto found = explained.find(one(fields, "MESSAGE_ID"));
        if (found == explained.end()) {
            continue;
        }
        for (const std::string& name :
             substitutions(found->second.header.at("Subject") + found->second.body)) {
            CAPTURE(one(fields, "MESSAGE"), name);
            CHECK((fields.contains(name) || of_the_journal.contains(name)));
            CHECK_FALSE(unbounded.contains(name));
            ++checked;
        }
    }
    CHECK(checked > 20);
}

TEST_CASE("journal: where none listens it takes nothing") {
    if (access("/run/systemd/journal/socket", F_OK) == 0) {
        WARN("a journal listens here");
        return;
    }
    CHECK_FALSE(send_to_journal({"MESSAGE=x"}));
}
