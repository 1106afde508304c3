// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/git_commit.hpp"

#include "daemon/runtime/git_asker.hpp"
#include "daemon/runtime/git_head.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <type_traits>
#include <utility>

namespace apikeyd {

namespace {

constexpr std::chrono::milliseconds patience{1000};

// libgit2 as we want it. For good: a question that was left behind may still be within it when the process
// ends.
void set_up_library() {
    git_libgit2_init();
    // By default libgit2 refuses a repository that belongs to another user, as git does, since its
    // configuration may name programs to run. A daemon mostly runs as another user than the one who pulls. We
    // read objects, and libgit2 runs nothing for that: hooks, filters, helpers and file system monitors
    // belong to operations that write or compare work trees, or talk to others.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    // Nobody's settings but the repository's own matter for reading objects.
    for (const int level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
                            GIT_CONFIG_LEVEL_GLOBAL}) {
        git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    }
    // Extensions that libgit2 1.5 doesn't know and that leave the objects as they are
    // (gitrepository-layout(5)). Partial and sparse clones, as pipelines make them, have them.
    std::array<const char*, 3> extensions{"partialclone", "worktreeconfig", "preciousobjects"};
    git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions.data(), extensions.size());
}

git::Asker& asker() {
    static git::Asker only([] {
        set_up_library();
        return patience;
    }());
    return only;
}

// What `look` says of HEAD; nothing if HEAD doesn't have the file, or doesn't say so in time. `look` owns
// what it needs.
template <typename Look>
auto at_head(const std::string& keys_path, Look look) {
    using Answer = std::optional<std::invoke_result_t<Look, const git::DesiredAtHead&>>;
    auto answer = std::make_shared<Answer>();
    const bool told = asker().ask(keys_path, [answer, keys_path, look](const git::GivenUp& given_up) {
        if (const auto found = git::DesiredAtHead::find(keys_path, given_up)) {
            *answer = look(*found);
        }
    });
    return told ? std::move(*answer) : std::nullopt;
}

} // namespace

std::optional<Commit> commit_of(const std::string& keys_path, const DesiredState& desired) {
    return at_head(keys_path, [digest = desired.digest()](const git::DesiredAtHead& head) {
        Commit commit = head.last_change(git::WalkLimits{});
        commit.uncommitted = !head.holds(digest);
        return commit;
    });
}

bool is_uncommitted(const std::string& keys_path, const DesiredState& desired) {
    return at_head(keys_path, [digest = desired.digest()](
                                  const git::DesiredAtHead& head) { return !head.holds(digest); })
        .value_or(false);
}

} // namespace apikeyd
