// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/git_history.hpp"

#include "config/desired_digest.hpp"
#include "config/desired_loader.hpp"

#include <algorithm>
#include <utility>

namespace apikeyd::git {

namespace fs = std::filesystem;

namespace {

constexpr unsigned max_links = 8; // one leading to the next

std::string_view text_of(const git_blob* blob) noexcept {
    return {static_cast<const char*>(git_blob_rawcontent(blob)),
            static_cast<std::size_t>(git_blob_rawsize(blob))};
}

bool any_link(const std::vector<Member>& members) {
    return std::ranges::any_of(members, &Member::is_link);
}

bool equal(const git_oid* one, const git_oid* other) noexcept {
    return git_oid_equal(one, other) != 0;
}

} // namespace

History::History(git_repository* repository, fs::path path, bool folder, const GivenUp& given_up)
    : repository_(repository)
    , path_(std::move(path))
    , folder_(folder)
    , given_up_(&given_up) {}

void History::go_on() const {
    if (*given_up_) {
        throw Broken{};
    }
}

std::vector<Member> History::members_in(const git_commit* commit) const {
    return members_below(get<TreeHandle>(git_commit_tree, commit).get());
}

std::vector<Member> History::members_below(const git_tree* root) const {
    std::vector<Member> members;
    if (!folder_) {
        if (const EntryHandle entry = entry_at(root, path_)) {
            add(members, root, entry.get(), path_.parent_path());
        }
        return members;
    }
    const TreeHandle folder = folder_in(root);
    const std::size_t count = folder ? git_tree_entrycount(folder.get()) : 0;
    for (std::size_t i = 0; i < count; ++i) {
        const git_tree_entry* entry = git_tree_entry_byindex(folder.get(), i);
        if (is_desired_file_name(git_tree_entry_name(entry))) {
            add(members, root, entry, path_);
        }
    }
    std::ranges::sort(members, {}, &Member::name);
    return members;
}

std::optional<std::string> History::digest_of(const std::vector<Member>& members) const {
    go_on();
    DesiredDigest digest;
    for (const Member& member : members) {
        go_on();
        if (!member.content_known || size_of(member.blob) > max_desired_file_size) {
            return std::nullopt;
        }
        const auto blob = get<BlobHandle>(git_blob_lookup, repository_, &member.blob);
        if (folder_) {
            digest.add_member(member.name, text_of(blob.get()));
        } else {
            digest.add_file(text_of(blob.get()));
        }
    }
    return digest.finish();
}

CommitHandle History::last_change(const git_commit* head, const std::vector<Member>& members,
                                  WalkLimits limits) const {
    const auto until = std::chrono::steady_clock::now() + limits.time;
    const auto same_commit = [&] {
        return get<CommitHandle>(git_commit_lookup, repository_, git_commit_id(head));
    };
    Point at{same_commit(), get<TreeHandle>(git_commit_tree, head), any_link(members)};
    for (unsigned steps = 0; steps < limits.steps; ++steps) {
        bool stepped = false;
        for (unsigned i = 0, count = git_commit_parentcount(at.commit.get()); i < count && !stepped; ++i) {
            go_on();
            if (std::chrono::steady_clock::now() >= until) {
                return same_commit();
            }
            stepped = step(at, parent_of(at.commit.get(), i), members);
        }
        if (!stepped) {
            return std::move(at.commit);
        }
    }
    return same_commit();
}

// Goes on to the parent if that has the same members.
bool History::step(Point& at, CommitHandle parent, const std::vector<Member>& members) const {
    if (!parent) {
        return false;
    }
    if (!equal(git_commit_tree_id(parent.get()), git_tree_id(at.root.get()))) {
        auto root = get<TreeHandle>(git_commit_tree, parent.get());
        // What a link leads to may lie anywhere.
        if (at.links || !same_entry(at.root.get(), root.get())) {
            const std::vector<Member> before = members_below(root.get());
            if (before != members) {
                return false;
            }
            at.links = any_link(before);
        }
        at.root = std::move(root);
    }
    at.commit = std::move(parent);
    return true;
}

// By ids alone, and only down to where they agree. False: unknown.
bool History::same_entry(const git_tree* one, const git_tree* other) const {
    TreeHandle below_one;
    TreeHandle below_other;
    for (auto part = path_.begin(); part != path_.end();) {
        const git_tree_entry* entry = git_tree_entry_byname(one, part->c_str());
        const git_tree_entry* other_entry = git_tree_entry_byname(other, part->c_str());
        if (entry == nullptr || other_entry == nullptr ||
            git_tree_entry_filemode(entry) != git_tree_entry_filemode(other_entry)) {
            return false;
        }
        if (equal(git_tree_entry_id(entry), git_tree_entry_id(other_entry))) {
            return true;
        }
        if (++part == path_.end() || git_tree_entry_type(entry) != GIT_OBJECT_TREE) {
            return false;
        }
        below_one = get<TreeHandle>(git_tree_lookup, repository_, git_tree_entry_id(entry));
        below_other = get<TreeHandle>(git_tree_lookup, repository_, git_tree_entry_id(other_entry));
        one = below_one.get();
        other = below_other.get();
    }
    return false;
}

EntryHandle History::entry_at(const git_tree* root, const fs::path& path) const {
    return find<EntryHandle>(git_tree_entry_bypath, root, path.c_str());
}

// Nothing where a shallow clone was cut off: git takes such a commit for the first.
CommitHandle History::parent_of(const git_commit* commit, unsigned number) const {
    CommitHandle parent = find<CommitHandle>(git_commit_parent, commit, number);
    if (!parent && git_repository_is_shallow(repository_) != 1) {
        throw Broken{};
    }
    return parent;
}

TreeHandle History::folder_in(const git_tree* root) const {
    if (path_.empty()) {
        return get<TreeHandle>(git_tree_lookup, repository_, git_tree_id(root));
    }
    const EntryHandle entry = entry_at(root, path_);
    return entry && git_tree_entry_type(entry.get()) == GIT_OBJECT_TREE
               ? get<TreeHandle>(git_tree_lookup, repository_, git_tree_entry_id(entry.get()))
               : nullptr;
}

std::size_t History::size_of(const git_oid& id) const {
    const auto odb = get<OdbHandle>(git_repository_odb, repository_);
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (git_odb_read_header(&size, &type, odb.get(), &id) < 0) {
        throw Broken{};
    }
    return size;
}

void History::add(std::vector<Member>& members, const git_tree* root, const git_tree_entry* entry,
                  const fs::path& folder) const {
    if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB) {
        return;
    }
    go_on();
    Member member{git_tree_entry_name(entry), git_tree_entry_filemode(entry), *git_tree_entry_id(entry)};
    member.is_link = member.mode == GIT_FILEMODE_LINK;
    if (member.is_link) {
        follow(member, root, folder);
    }
    members.push_back(std::move(member));
}

// Puts what the link leads to in the same commit in its place. Links among the folders on the way aren't
// followed: such a link counts as leading out.
void History::follow(Member& member, const git_tree* root, fs::path folder) const {
    for (unsigned links = 0; links < max_links && member.mode == GIT_FILEMODE_LINK; ++links) {
        const auto blob = get<BlobHandle>(git_blob_lookup, repository_, &member.blob);
        const fs::path target = (folder / text_of(blob.get())).lexically_normal();
        if (target.empty() || target.is_absolute() || *target.begin() == "..") {
            break;
        }
        const EntryHandle entry = entry_at(root, target);
        if (!entry || git_tree_entry_type(entry.get()) != GIT_OBJECT_BLOB) {
            break;
        }
        member.mode = git_tree_entry_filemode(entry.get());
        member.blob = *git_tree_entry_id(entry.get());
        folder = target.parent_path();
    }
    member.content_known = member.mode != GIT_FILEMODE_LINK;
}

} // namespace apikeyd::git
