// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/git_head.hpp"

#include "config/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

namespace apikeyd::git {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_text = 300; // code points of an author or a subject

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
CommitHandle head_of(git_repository* repository) {
    git_reference* found = nullptr;
    if (git_repository_head(&found, repository) != 0) {
        return nullptr;
    }
    const ReferenceHandle head(found);
    git_object* object = nullptr;
    if (git_reference_peel(&object, head.get(), GIT_OBJECT_COMMIT) != 0) {
        throw Broken{};
    }
    return CommitHandle(reinterpret_cast<git_commit*>(object)); // as libgit2 means it to be done
}

} // namespace

DesiredAtHead::DesiredAtHead(RepositoryHandle repository, CommitHandle head, History history)
    : repository_(std::move(repository))
    , head_(std::move(head))
    , history_(std::move(history))
    , members_(history_.members_in(head_.get())) {}

std::optional<DesiredAtHead> DesiredAtHead::find(const std::string& keys_path, const GivenUp& given_up) {
    std::error_code error;
    const fs::path path = fs::canonical(keys_path, error);
    if (error) {
        return std::nullopt;
    }
    const bool folder = fs::is_directory(path, error);
    const fs::path start = folder ? path : path.parent_path();
    auto repository = git::find<RepositoryHandle>(git_repository_open_ext, start.c_str(), 0U,
                                                  static_cast<const char*>(nullptr));
    const char* workdir = repository ? git_repository_workdir(repository.get()) : nullptr;
    if (workdir == nullptr) {
        return std::nullopt;
    }
    const fs::path within = path.lexically_relative(fs::canonical(workdir, error));
    if (error || within.empty() || *within.begin() == "..") {
        return std::nullopt;
    }
    CommitHandle head = head_of(repository.get());
    if (!head) {
        return std::nullopt;
    }
    History history(repository.get(), within == "." ? fs::path() : within, folder, given_up);
    DesiredAtHead found(std::move(repository), std::move(head), std::move(history));
    return found.members_.empty() ? std::nullopt : std::optional(std::move(found));
}

bool DesiredAtHead::holds(const std::string& digest) const {
    return history_.digest_of(members_) == digest;
}

Commit DesiredAtHead::last_change(WalkLimits limits) const {
    return describe(history_.last_change(head_.get(), members_, limits).get());
}

} // namespace apikeyd::git
