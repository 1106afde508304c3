// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <git2.h>

#include <memory>

namespace apikeyd::git {

template <auto release>
struct Release {
    template <typename T>
    void operator()(T* object) const noexcept {
        release(object);
    }
};
using RepositoryHandle = std::unique_ptr<git_repository, Release<git_repository_free>>;
using ReferenceHandle = std::unique_ptr<git_reference, Release<git_reference_free>>;
using CommitHandle = std::unique_ptr<git_commit, Release<git_commit_free>>;
using TreeHandle = std::unique_ptr<git_tree, Release<git_tree_free>>;
using EntryHandle = std::unique_ptr<git_tree_entry, Release<git_tree_entry_free>>;
using BlobHandle = std::unique_ptr<git_blob, Release<git_blob_free>>;
using OdbHandle = std::unique_ptr<git_odb, Release<git_odb_free>>;

// The repository can't be read, or nobody wants to know any more. Nobody tells it from having no commit: that
// is nice to know, and nothing hangs on it.
struct Broken {};

// What a function of libgit2 hands out; nothing if it isn't there. Throws Broken.
template <typename Handle, typename Function, typename... Arguments>
Handle find(Function function, Arguments... arguments) {
    typename Handle::pointer found = nullptr;
    const int error = function(&found, arguments...);
    if (error < 0 && error != GIT_ENOTFOUND) {
        throw Broken{};
    }
    return Handle(error < 0 ? nullptr : found);
}

// The same for what must be there.
template <typename Handle, typename Function, typename... Arguments>
Handle get(Function function, Arguments... arguments) {
    Handle found = find<Handle>(function, arguments...);
    if (!found) {
        throw Broken{};
    }
    return found;
}

} // namespace apikeyd::git
