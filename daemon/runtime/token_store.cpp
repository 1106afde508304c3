// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/token_store.hpp"

#include "config/descriptor.hpp"

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

void require_private_file(int fd, const std::string& path) {
    struct stat info {};
    if (fstat(fd, &info) != 0) {
        throw TokenError(fmt::format("{}: {}", path, std::strerror(errno)));
    }
    if (!S_ISREG(info.st_mode)) {
        throw TokenError(fmt::format("{}: is not a regular file", path));
    }
    const mode_t granted = is_credential(path) ? S_IRGRP : 0;
    if ((info.st_mode & (S_IRWXG | S_IRWXO) & ~granted) != 0) {
        throw TokenError(
            fmt::format("{}: others than its owner may use this file (mode {:04o}); chmod 600 it, and "
                        "replace the token if somebody may have read it",
                        path, static_cast<unsigned>(info.st_mode & 07777)));
    }
    if (info.st_size > max_token_size) {
        throw TokenError(fmt::format("{}: {} bytes are no token", path, info.st_size));
    }
}

} // namespace

Secret read_token_file(const std::string& path) {
    const Descriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (file.get() < 0) {
        throw TokenError(fmt::format("{}: can't read the token: {}", path, std::strerror(errno)));
    }
    require_private_file(file.get(), path);
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
    const std::lock_guard lock(mutex_);
    if (fresh.same_as(token_)) {
        return false;
    }
    token_ = std::move(fresh);
    return true;
}

} // namespace apikeyd
