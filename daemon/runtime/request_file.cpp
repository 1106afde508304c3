// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/request_file.hpp"

#include "config/text_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

constexpr std::size_t largest = 4096; // bytes; a digest or a reason that people type, and a user's name

void leave(const std::string& path, const std::string& text) {
    const std::string fresh = path + ".new";
    // Readable for the daemon whoever writes it: nothing in it is secret, and the folder keeps others out.
    const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        throw std::system_error(errno, std::generic_category(), fresh);
    }
    const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const int error = errno;
    if (close(fd) != 0 || !written || fchmodat(AT_FDCWD, fresh.c_str(), 0644, 0) != 0 ||
        rename(fresh.c_str(), path.c_str()) != 0) {
        throw std::system_error(written ? errno : error, std::generic_category(), path);
    }
}

// Who may write into the folder may ask. Where everybody may (/tmp, say), only root and we ourselves.
bool may_ask(const std::string& path) {
    struct stat request {};
    struct stat folder {};
    const auto slash = path.rfind('/');
    const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    return lstat(path.c_str(), &request) == 0 && stat(parent.c_str(), &folder) == 0 &&
           ((folder.st_mode & S_IWOTH) == 0 || request.st_uid == 0 || request.st_uid == geteuid());
}

// The lines of a request; none if there is no file, not that many lines, or nobody who may ask.
std::vector<std::string> read_lines(const std::string& path, std::size_t count) {
    if (!may_ask(path)) {
        return {};
    }
    const TextFile file = read_text_file(path, largest);
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < file.text.size();) {
        const std::size_t end = file.text.find('\n', at);
        if (end == std::string::npos) {
            return {};
        }
        lines.push_back(file.text.substr(at, end - at));
        at = end + 1;
    }
    return lines.size() == count ? lines : std::vector<std::string>{};
}

std::optional<SuspensionRequest> parse_suspension(std::vector<std::string> lines) {
    if (lines.empty()) {
        return std::nullopt;
    }
    SuspensionRequest request{parse_rfc3339(lines[0]), std::move(lines[1]), std::move(lines[2])};
    if (!request.until && lines[0] != "resume") {
        return std::nullopt;
    }
    return request;
}

} // namespace

std::string request_path(const std::string& state_path, RequestKind kind) {
    return state_path + (kind == RequestKind::approval ? ".approve" : ".suspend");
}

void leave_request(const std::string& state_path, const ApprovalRequest& request) {
    leave(request_path(state_path, RequestKind::approval),
          fmt::format("{}\n{}\n", request.digest, request.by));
}

void leave_request(const std::string& state_path, const SuspensionRequest& request) {
    leave(request_path(state_path, RequestKind::suspension),
          fmt::format("{}\n{}\n{}\n", request.until ? format_rfc3339(*request.until) : "resume", request.by,
                      request.reason));
}

std::optional<ApprovalRequest> take_approval(const std::string& state_path) {
    const std::string path = request_path(state_path, RequestKind::approval);
    std::vector<std::string> lines = read_lines(path, 2);
    unlink(path.c_str());
    if (lines.empty() || lines[0].empty()) {
        return std::nullopt;
    }
    return ApprovalRequest{std::move(lines[0]), std::move(lines[1])};
}

std::optional<SuspensionRequest> read_suspension(const std::string& state_path) {
    const std::string path = request_path(state_path, RequestKind::suspension);
    auto request = parse_suspension(read_lines(path, 3));
    if (!request) {
        unlink(path.c_str()); // there is none, or it is no such request
    }
    return request;
}

void drop_suspension(const std::string& state_path, const SuspensionRequest& carried_out) {
    const std::string path = request_path(state_path, RequestKind::suspension);
    if (parse_suspension(read_lines(path, 3)) == carried_out) {
        unlink(path.c_str());
    }
}

} // namespace apikeyd
