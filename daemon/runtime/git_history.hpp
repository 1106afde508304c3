// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/runtime/git_asker.hpp"
#include "daemon/runtime/git_objects.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apikeyd::git {

// One desired file in some commit.
struct Member {
    std::string name; // in its folder
    git_filemode_t mode{};
    git_oid blob{};
    bool is_link = false;      // the mode and the blob are those of what it leads to
    bool content_known = true; // false: a link that leads out of the repository

    friend bool operator==(const Member& a, const Member& b) noexcept {
        return a.name == b.name && a.mode == b.mode && git_oid_equal(&a.blob, &b.blob) != 0;
    }
};

// How far a walk goes, whichever ends it first.
struct WalkLimits {
    unsigned steps = 5'000; // commits
    std::chrono::milliseconds time{200};
};

// The desired files in the commits of one repository. Reads objects and nothing else. Everything may throw
// Broken. One thread.
class History {
  public:
    // `path`: of the file or folder, within the work tree; empty: the work tree itself. `repository` and
    // `given_up` are borrowed; Broken is thrown soon after the latter.
    History(git_repository* repository, std::filesystem::path path, bool folder, const GivenUp& given_up);

    // By name.
    std::vector<Member> members_in(const git_commit* commit) const;

    // The digest that loading these members yields; nothing if it can't be known.
    std::optional<std::string> digest_of(const std::vector<Member>& members) const;

    // The last commit up to `head` that made the members what they are there. As git simplifies a history
    // ("History Simplification" in git-log(1)): where a parent has the same, the change came by way of it.
    // At the limits without a change: `head`. Reads of each commit no more than it takes to see that nothing
    // changed: ids of trees mostly.
    CommitHandle last_change(const git_commit* head, const std::vector<Member>& members,
                             WalkLimits limits) const;

  private:
    // Where a walk stands.
    struct Point {
        CommitHandle commit;
        TreeHandle root;
        bool links = false; // among the members
    };
    void go_on() const;
    bool step(Point& at, CommitHandle parent, const std::vector<Member>& members) const;
    bool same_entry(const git_tree* one, const git_tree* other) const;
    std::vector<Member> members_below(const git_tree* root) const;
    EntryHandle entry_at(const git_tree* root, const std::filesystem::path& path) const;
    CommitHandle parent_of(const git_commit* commit, unsigned number) const;
    TreeHandle folder_in(const git_tree* root) const;
    std::size_t size_of(const git_oid& id) const;
    void add(std::vector<Member>& members, const git_tree* root, const git_tree_entry* entry,
             const std::filesystem::path& folder) const;
    void follow(Member& member, const git_tree* root, std::filesystem::path folder) const;

    git_repository* repository_;
    std::filesystem::path path_;
    bool folder_;
    const GivenUp* given_up_;
};

} // namespace apikeyd::git
