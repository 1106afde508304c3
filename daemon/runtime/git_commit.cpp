// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/git_commit.hpp"

#include "config/utf8.hpp"
#include "daemon/runtime/git_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

namespace apikeyd {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_text = 300; // code points of an author or a subject

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

// The first code points, with what is no UTF-8 replaced: git takes any bytes for a name or a message.
std::string readable(std::string_view bytes) {
    std::string text;
    std::size_t count = 0;
    for (std::size_t at = 0; at < bytes.size(); ++count) {
        if (count == max_text) {
            return text + "…";
        }
        const CodePoint point = decode_utf8(bytes, at);
        text += point.valid ? bytes.substr(at, point.size) : "\uFFFD";
        at += point.size;
    }
    return text;
}

// git passes over blank lines before it.
std::string_view first_line(std::string_view message) {
    message.remove_prefix(std::min(message.find_first_not_of(" \t\r\n"), message.size()));
    message = message.substr(0, message.find('\n'));
    return message.substr(0, message.find_last_not_of(" \t\r") + 1);
}

// Some repositories have times that no calendar has.
WallTime wall_time(std::int64_t seconds) {
    constexpr std::int64_t last = 253'402'300'799; // 9999-12-31T23:59:59Z
    return WallTime{std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, last))};
}

Commit describe(const git_commit* commit) {
    Commit result;
    std::array<char, GIT_OID_HEXSZ + 1> id{};
    result.id = git_oid_tostr(id.data(), id.size(), git_commit_id(commit));
    const git_signature* author = git_commit_author(commit);
    result.author = readable(fmt::format("{} <{}>", author->name, author->email));
    result.authored_at = wall_time(author->when.time);
    const char* message = git_commit_message(commit);
    result.subject = readable(first_line(message != nullptr ? message : ""));
    return result;
}

// The commit that HEAD stands at; nothing before the first.
git::CommitHandle head_of(git_repository* repository) {
    git_reference* found = nullptr;
    if (git_repository_head(&found, repository) != 0) {
        return nullptr;
    }
    const git::ReferenceHandle head(found);
    git_object* object = nullptr;
    if (git_reference_peel(&object, head.get(), GIT_OBJECT_COMMIT) != 0) {
        throw git::Broken{};
    }
    return git::CommitHandle(reinterpret_cast<git_commit*>(object)); // as libgit2 means it to be done
}

std::optional<Commit> look_up(const fs::path& path, bool folder, const DesiredState& desired) {
    const fs::path start = folder ? path : path.parent_path();
    const auto repository = git::find<git::RepositoryHandle>(git_repository_open_ext, start.c_str(), 0U,
                                                             static_cast<const char*>(nullptr));
    const char* workdir = repository ? git_repository_workdir(repository.get()) : nullptr;
    if (workdir == nullptr) {
        return std::nullopt;
    }
    std::error_code error;
    const fs::path within = path.lexically_relative(fs::canonical(workdir, error));
    if (error || within.empty() || *within.begin() == "..") {
        return std::nullopt;
    }
    const git::CommitHandle head = head_of(repository.get());
    if (!head) {
        return std::nullopt;
    }
    const git::History history(repository.get(), within == "." ? fs::path() : within, folder);
    const std::vector<git::Member> members = history.members_in(head.get());
    if (members.empty()) {
        return std::nullopt;
    }
    Commit commit = describe(history.last_change(head.get(), members).get());
    commit.uncommitted = history.digest_of(members) != desired.digest();
    return commit;
}

} // namespace

std::optional<Commit> commit_of(const std::string& keys_path, const DesiredState& desired) {
    static const Library library;
    std::error_code error;
    const fs::path path = fs::canonical(keys_path, error);
    if (error) {
        return std::nullopt;
    }
    const bool folder = fs::is_directory(path, error);
    try {
        return look_up(path, folder, desired);
    } catch (const git::Broken&) {
        return std::nullopt;
    }
}

} // namespace apikeyd
