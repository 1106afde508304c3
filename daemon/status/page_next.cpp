// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/page_parts.hpp"

#include <fmt/format.h>

#include <vector>

namespace apikeyd {

namespace {

std::string about_keys(const StatusSnapshot& snapshot) {
    if (snapshot.keys[KeyState::rejected] == 0) {
        return "Nothing at first: these keys are tried again by themselves, with pauses of up to five "
               "minutes. <code>journalctl -u apikeyd -p warning</code> says why they had to be.";
    }
    KeyQuery query;
    query.state = RowState::rejected;
    return fmt::format(
        R"(<a href="{}">The rejected keys</a> say why. What was rejected is not sent again until )"
        "the file asks for something else.",
        link_to(query));
}

} // namespace

std::string next_step(const StatusSnapshot& snapshot) {
    std::vector<std::string> steps;
    if (!snapshot.state_trouble.empty()) {
        steps.emplace_back("Make room on the disk, or mend permissions; it goes on by itself.");
    }
    if (!snapshot.last_load_good && !snapshot.load_problem.empty()) {
        steps.emplace_back(
            "<code>apikeyd validate</code> shows every error of the desired file, with a hint. It is "
            "read again when it is saved.");
    } else if (snapshot.verdict == "degraded") {
        steps.emplace_back(
            "Mend the settings or the token file. <code>apikeyd validate --config FILE</code> shows "
            "every error of settings; a token file is its owner's alone (<code>chmod 600</code>), "
            "with one line.");
    }
    if (!snapshot.denial.empty()) {
        steps.emplace_back(
            "Put another token in place, then <code>systemctl restart apikeyd</code>; where the token "
            "file itself is watched, it is tried at once. Where the token was right, one try in five "
            "minutes finds out that it is let in again.");
    }
    if (snapshot.api_unavailable) {
        steps.emplace_back(
            "Look at the network, a proxy, the vendor's status page. Nothing is lost, and it goes on "
            "by itself once the API answers.");
    }
    if (snapshot.verdict == "not_converged") {
        steps.push_back(about_keys(snapshot));
    }
    return fmt::format("{}", fmt::join(steps, " "));
}

} // namespace apikeyd
