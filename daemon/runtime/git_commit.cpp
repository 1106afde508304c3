// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/git_commit.hpp"

#include "daemon/runtime/git_head.hpp"

#include <array>
#include <type_traits>

namespace apikeyd {

namespace {

// libgit2 while the process lives, and how we want it.
class Library {
  public:
    Library() {
        git_libgit2_init();
        // By default libgit2 refuses a repository that belongs to another user, as git does, since its
        // configuration may name programs to run. A daemon mostly runs as another user than the one who
        // pulls. We read objects, and libgit2 runs nothing for that: hooks, filters, helpers and file system
        // monitors belong to operations that write or compare work trees, or talk to others.
        git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
        // Nobody's settings but the repository's own matter for reading objects.
        for (const int level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
                                GIT_CONFIG_LEVEL_GLOBAL}) {
            git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
        }
        // Extensions that libgit2 1.5 doesn't know and that leave the objects as they are (gitrepository-
        // layout(5)). Partial and sparse clones, as pipelines make them, have them.
        std::array<const char*, 3> extensions{"partialclone", "worktreeconfig", "preciousobjects"};
        git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions.data(), extensions.size());
    }
    ~Library() { git_libgit2_shutdown(); }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
};

// What `ask` says of HEAD; nothing if HEAD doesn't have the file.
template <typename Ask>
auto at_head(const std::string& keys_path, Ask ask)
    -> std::optional<std::invoke_result_t<Ask, const git::DesiredAtHead&>> {
    static const Library library;
    try {
        const auto found = git::DesiredAtHead::find(keys_path);
        return found ? std::optional(ask(*found)) : std::nullopt;
    } catch (const git::Broken&) {
        return std::nullopt;
    }
}

} // namespace

std::optional<Commit> commit_of(const std::string& keys_path, const DesiredState& desired) {
    return at_head(keys_path, [&](const git::DesiredAtHead& head) {
        Commit commit = head.last_change(git::WalkLimits{});
        commit.uncommitted = !head.holds(desired.digest());
        return commit;
    });
}

bool is_uncommitted(const std::string& keys_path, const DesiredState& desired) {
    return at_head(keys_path, [&](const git::DesiredAtHead& head) { return !head.holds(desired.digest()); })
        .value_or(false);
}

} // namespace apikeyd
