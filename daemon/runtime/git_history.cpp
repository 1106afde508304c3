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

} // namespace

History::History(git_repository* repository, fs::path path, bool folder)
    : repository_(repository)
    , path_(std::move(path))
    , folder_(folder) {}

std::vector<Member> History::members_in(const git_commit* commit) const {
    const auto root = get<TreeHandle>(git_commit_tree, commit);
    std::vector<Member> members;
    if (!folder_) {
        if (const EntryHandle entry = entry_at(root.get(), path_)) {
            add(members, root.get(), entry.get(), path_.parent_path());
        }
        return members;
    }
    const TreeHandle folder = folder_in(root.get());
    const std::size_t count = folder ? git_tree_entrycount(folder.get()) : 0;
    for (std::size_t i = 0; i < count; ++i) {
        const git_tree_entry* entry = git_tree_entry_byindex(folder.get(), i);
        if (is_desired_file_name(git_tree_entry_name(entry))) {
            add(members, root.get(), entry, path_);
        }
    }
    std::ranges::sort(members, {}, &Member::name);
    return members;
}

std::optional<std::string> History::digest_of(const std::vector<Member>& members) const {
    DesiredDigest digest;
    for (const Member& member : members) {
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

CommitHandle History::last_change(const git_commit* head, const std::vector<Member>& members) const {
    auto commit = get<CommitHandle>(git_commit_lookup, repository_, git_commit_id(head));
    for (unsigned steps = 0; steps < max_steps; ++steps) {
        CommitHandle same;
        for (unsigned i = 0, count = git_commit_parentcount(commit.get()); i < count && !same; ++i) {
            CommitHandle parent = parent_of(commit.get(), i);
            if (parent && members_in(parent.get()) == members) {
                same = std::move(parent);
            }
        }
        if (!same) {
            return commit;
        }
        commit = std::move(same);
    }
    return get<CommitHandle>(git_commit_lookup, repository_, git_commit_id(head));
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
    Member member{git_tree_entry_name(entry), git_tree_entry_filemode(entry), *git_tree_entry_id(entry),
                  true};
    if (member.mode == GIT_FILEMODE_LINK) {
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
