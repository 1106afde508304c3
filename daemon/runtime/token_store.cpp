// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/token_store.hpp"

#include "config/descriptor.hpp"
#include "daemon/runtime/hardening.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace apikeyd {

namespace {

constexpr off_t max_token_size = 8 * 1024; // bytes; no server takes a longer header

// Trims and checks; what stands in it never appears in the error.
Secret checked_token(std::string text, const std::string& where) {
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    const auto begin = std::ranges::find_if_not(text, is_space);
    const auto end = std::find_if_not(text.rbegin(), std::make_reverse_iterator(begin), is_space).base();
    std::string token(begin, end);
    wipe(text);
    Secret secret(std::move(token));
    if (secret.empty()) {
        throw TokenError(fmt::format("{}: holds no token", where));
    }
    if (!std::ranges::all_of(secret.reveal(), [](char c) { return c > ' ' && c < '\x7f'; })) {
        throw TokenError(
            fmt::format("{}: the token has a space, a line break or a character other than visible ASCII "
                        "in it; the file must hold the token alone, on one line",
                        where));
    }
    return secret;
}

// systemd may grant a credential to the service's user by an access list, whose mask then stands in the
// group's place: mode 0440.
bool is_credential(const std::string& path) {
    const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
    std::error_code error;
    const auto file = std::filesystem::canonical(path, error);
    return folder != nullptr && *folder != '\0' && !error &&
           std::filesystem::equivalent(file.parent_path(), folder, error);
}

void refuse_open_mode(const std::string& path, mode_t mode, mode_t granted = 0) {
    if ((mode & (S_IRWXG | S_IRWXO) & ~granted) != 0) {
        throw TokenError(
            fmt::format("{}: others than its owner may use this file (mode {:04o}); chmod 600 it, and "
                        "replace the token if somebody may have read it",
                        path, static_cast<unsigned>(mode & 07777)));
    }
}

// A credential is a copy that is closed to others, whatever the file is that systemd made it of. Where our
// units have that file (LoadCredential=), it is looked at, too.
void require_private_original() {
    if (const char* folder = std::getenv("CONFIGURATION_DIRECTORY")) {
        const std::string path = std::string(folder) + "/api-token";
        struct stat info {};
        if (stat(path.c_str(), &info) == 0) {
            refuse_open_mode(path, info.st_mode);
        }
    }
}

void require_private_file(int fd, const std::string& path) {
    struct stat info {};
    if (fstat(fd, &info) != 0) {
        throw TokenError(fmt::format("{}: {}", path, std::strerror(errno)));
    }
    if (!S_ISREG(info.st_mode)) {
        throw TokenError(fmt::format("{}: is not a regular file", path));
    }
    refuse_open_mode(path, info.st_mode, is_credential(path) ? S_IRGRP : 0);
    if (info.st_size > max_token_size) {
        throw TokenError(fmt::format("{}: {} bytes are no token", path, info.st_size));
    }
}

// Whoever may replace the token decides whose keys are changed.
void require_safe_folder(const std::string& path) {
    std::error_code error;
    const auto folder = std::filesystem::canonical(path, error).parent_path();
    struct stat info {};
    if (!error && stat(folder.c_str(), &info) == 0 && (info.st_mode & S_IWOTH) != 0 &&
        (info.st_mode & S_ISVTX) == 0) {
        throw TokenError(
            fmt::format("{}: anybody may replace this file, since its folder {} has mode {:04o}; "
                        "chmod o-w that folder",
                        path, folder.string(), static_cast<unsigned>(info.st_mode & 07777)));
    }
}

// What errno says; and whose file it is, since a service's user may be one that nobody chose.
std::string why_not_opened(const std::string& path, int error) {
    std::string why = std::strerror(error);
    struct stat info {};
    if (error == EACCES && stat(path.c_str(), &info) == 0 && info.st_uid != geteuid()) {
        why += fmt::format("; it belongs to user {}, and this is user {}", info.st_uid, geteuid());
    }
    return why;
}

} // namespace

Secret read_token_file(const std::string& path) {
    const Descriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (file.get() < 0) {
        throw TokenError(fmt::format("{}: can't read the token: {}", path, why_not_opened(path, errno)));
    }
    require_private_file(file.get(), path);
    if (is_credential(path)) {
        require_private_original();
    }
    require_safe_folder(path);
    std::string text(static_cast<std::size_t>(max_token_size) + 1, '\0');
    const ssize_t size = read(file.get(), text.data(), text.size());
    if (size < 0) {
        throw TokenError(fmt::format("{}: can't read the token: {}", path, std::strerror(errno)));
    }
    text.resize(static_cast<std::size_t>(size));
    return checked_token(std::move(text), path);
}

Secret take_token_variable() {
    char* value = std::getenv("APIKEYD_TOKEN");
    if (value == nullptr) {
        return Secret();
    }
    Secret token{std::string(value)};
    // unsetenv(3) only forgets where it was.
    explicit_bzero(value, std::strlen(value));
    unsetenv("APIKEYD_TOKEN");
    return token;
}

TokenOrigin find_token(const std::string& named_file) {
    return find_token(named_file, take_token_variable());
}

TokenOrigin find_token(const std::string& named_file, Secret variable) {
    TokenOrigin origin;
    origin.variable = std::move(variable);
    if (!named_file.empty()) {
        origin.file = named_file;
        return origin;
    }
    if (const char* folder = std::getenv("CREDENTIALS_DIRECTORY")) {
        const std::string path = std::string(folder) + "/api-token";
        if (access(path.c_str(), F_OK) == 0) {
            origin.file = path;
        }
    }
    return origin;
}

Secret TokenStore::first_token(const TokenOrigin& origin) {
    if (!origin.file.empty()) {
        return read_token_file(origin.file);
    }
    if (origin.variable.empty()) {
        throw TokenError(
            "no token: name a file that holds it with --token-file or APIKEYD_TOKEN_FILE, or set "
            "APIKEYD_TOKEN");
    }
    return checked_token(std::string(origin.variable.reveal()), "APIKEYD_TOKEN");
}

TokenStore::TokenStore(TokenOrigin origin, Secret before)
    : origin_(std::move(origin)) {
    try {
        token_ = first_token(origin_);
    } catch (const TokenError& error) {
        if (before.empty()) {
            throw;
        }
        trouble_ = error.what();
        token_ = std::move(before);
    }
    wipe_unused_stack(); // threads that are started now begin with what is in our registers
}

Secret TokenStore::get() const {
    const std::lock_guard lock(mutex_);
    return token_;
}

bool TokenStore::reload() {
    if (origin_.file.empty()) {
        return false;
    }
    Secret fresh;
    try {
        fresh = read_token_file(origin_.file);
    } catch (const TokenError& error) {
        trouble_ = error.what();
        throw;
    }
    trouble_.reset();
    wipe_unused_stack();
    const std::lock_guard lock(mutex_);
    if (fresh.same_as(token_)) {
        return false;
    }
    token_ = std::move(fresh);
    return true;
}

} // namespace apikeyd
