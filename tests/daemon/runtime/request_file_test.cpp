// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/request_file.hpp"

#include "tests/support/keys.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace apikeyd;
using namespace apikeyd::test;

TEST_CASE("request: an approval is taken once, as it was left") {
    const TempFolder folder;
    const std::string state = folder / "state.db";
    CHECK_FALSE(take_approval(state));
    leave_request(state, ApprovalRequest{"sha256:00", "alice"});
    const auto taken = take_approval(state);
    REQUIRE(taken);
    CHECK(taken->digest == "sha256:00");
    CHECK(taken->by == "alice");
    CHECK_FALSE(take_approval(state));
}

TEST_CASE("request: a suspension and its end") {
    const TempFolder folder;
    const std::string state = folder / "state.db";
    leave_request(state, SuspensionRequest{at_second(10), "alice", "maintenance: all of it"});
    auto taken = read_suspension(state);
    REQUIRE(taken);
    CHECK(read_suspension(state) == taken); // until it is in force
    CHECK(taken->until == at_second(10));
    CHECK(taken->by == "alice");
    CHECK(taken->reason == "maintenance: all of it");
    leave_request(state, SuspensionRequest{std::nullopt, "bob", ""});
    taken = read_suspension(state);
    REQUIRE(taken);
    CHECK_FALSE(taken->until);
    CHECK(taken->by == "bob");
}

TEST_CASE("request: the newest takes the place of one that was not taken") {
    const TempFolder folder;
    const std::string state = folder / "state.db";
    leave_request(state, SuspensionRequest{at_second(10), "alice", ""});
    leave_request(state, SuspensionRequest{std::nullopt, "bob", ""});
    drop_suspension(state, {at_second(10), "alice", ""}); // carried out a moment too late
    const auto newest = read_suspension(state);
    REQUIRE(newest);
    CHECK_FALSE(newest->until);
    drop_suspension(state, *newest);
    CHECK_FALSE(read_suspension(state));
}

TEST_CASE("request: what is no request is taken away and means nothing") {
    const TempFolder folder;
    const std::string state = folder / "state.db";
    const std::string text =
        GENERATE("", "resume", "resume\nalice", "yesterday\nalice\nwhy\n", "\n", "resume\na\nb\nc\n");
    std::ofstream(request_path(state, RequestKind::suspension)) << text;
    std::ofstream(request_path(state, RequestKind::approval)) << text.substr(0, 4);
    CHECK_FALSE(read_suspension(state));
    CHECK_FALSE(take_approval(state));
    CHECK_FALSE(std::filesystem::exists(request_path(state, RequestKind::suspension)));
}

TEST_CASE("request: somebody else's is not heeded in a folder where anybody may leave one") {
    if (geteuid() != 0) {
        WARN("only root can make a file that is somebody else's");
        return;
    }
    const TempFolder folder;
    const std::string state = folder / "state.db";
    const auto [mode, heeded] = GENERATE(table<mode_t, bool>({{01777, false}, {0775, true}, {0700, true}}));
    REQUIRE(chmod(folder.path().c_str(), mode) == 0);
    leave_request(state, ApprovalRequest{"0123456789ab", "mallory"});
    leave_request(state, SuspensionRequest{at_second(10), "mallory", ""});
    REQUIRE(chown(request_path(state, RequestKind::approval).c_str(), 65534, 65534) == 0);
    REQUIRE(chown(request_path(state, RequestKind::suspension).c_str(), 65534, 65534) == 0);
    CHECK(read_suspension(state).has_value() == heeded);
    CHECK(take_approval(state).has_value() == heeded);

    leave_request(state, ApprovalRequest{"0123456789ab", "root"});
    CHECK(take_approval(state)); // our own is
}
