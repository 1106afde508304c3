// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/runtime/git_history.hpp"
#include "state/known.hpp"

#include <optional>
#include <string>
#include <vector>

namespace apikeyd::git {

// A desired file, or the folder of them, as HEAD of its repository has it. Everything may throw Broken.
// libgit2 must be set up. One thread.
class DesiredAtHead {
  public:
    // Nothing where HEAD doesn't have it, or there is no HEAD to have it. `given_up` is borrowed.
    static std::optional<DesiredAtHead> find(const std::string& keys_path, const GivenUp& given_up);

    // Whether loading what HEAD has would yield this digest.
    bool holds(const std::string& digest) const;

    // Says nothing of `uncommitted`.
    Commit last_change(WalkLimits limits) const;

  private:
    DesiredAtHead(RepositoryHandle repository, CommitHandle head, History history);

    RepositoryHandle repository_;
    CommitHandle head_;
    History history_;
    std::vector<Member> members_;
};

} // namespace apikeyd::git
