// SPDX-License-Identifier: Apache-2.0
#include "config/scalars.hpp"
#include "config/settings.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace apikeyd {

namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool alphanumeric(char c) noexcept {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

bool take_prefix(std::string_view& text, std::string_view prefix) noexcept {
    if (text.size() < prefix.size() ||
        !std::ranges::equal(text.substr(0, prefix.size()), prefix, {}, lower)) {
        return false;
    }
    text.remove_prefix(prefix.size());
    return true;
}

// 127.0.0.0/8 in full dotted form, [::1] or localhost. Short forms such as 127.1 are left to no resolver.
bool is_loopback(std::string_view host) noexcept {
    if (host == "[::1]" || std::ranges::equal(host, std::string_view("localhost"), {}, lower)) {
        return true;
    }
    std::array<std::optional<std::uint64_t>, 4> parts;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::size_t dot = host.find('.');
        parts[i] = parse_unsigned(host.substr(0, dot));
        if (!parts[i] || *parts[i] > 255 || (dot == std::string_view::npos) != (i == 3)) {
            return false;
        }
        host.remove_prefix(dot == std::string_view::npos ? host.size() : dot + 1);
    }
    return parts[0] == 127U;
}

bool is_host(std::string_view host) noexcept {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        return std::ranges::all_of(host.substr(1, host.size() - 2), [](char c) {
            return c == ':' || c == '.' ||
                   (alphanumeric(c) && std::isxdigit(static_cast<unsigned char>(c)) != 0);
        });
    }
    return !host.empty() && host.front() != '.' && host.front() != '-' &&
           std::ranges::all_of(host, [](char c) { return alphanumeric(c) || c == '.' || c == '-'; });
}

} // namespace

std::optional<std::string> refuse_api_url(std::string_view url) {
    // Anything else could end the request line early or be read differently by different programs.
    if (!std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7F' && c != '\\'; })) {
        return "the URL has a space, a backslash, a control character or one beyond ASCII";
    }
    const bool secure = take_prefix(url, "https://");
    if (!secure && !take_prefix(url, "http://")) {
        return "the URL must begin with https://";
    }
    if (url.find('?') != url.npos || url.find('#') != url.npos) {
        return "the URL must not have a query or a fragment";
    }
    const std::string_view authority = url.substr(0, url.find('/'));
    if (authority.find('@') != authority.npos) {
        return "the URL must not have a user or a password";
    }
    std::string_view host = authority;
    const std::size_t colon = authority.rfind(':');
    if (colon != authority.npos && authority.find(']', colon) == authority.npos) {
        host = authority.substr(0, colon);
        const auto port = parse_unsigned(authority.substr(colon + 1));
        if (!port || *port == 0 || *port > 65'535) {
            return "the URL's port must be 1 to 65535";
        }
    }
    if (!is_host(host)) {
        return "the URL has no valid host";
    }
    if (!secure && !is_loopback(host)) {
        return "http would send the token in the clear; it is only for 127.0.0.0/8, [::1] and localhost";
    }
    return std::nullopt;
}

} // namespace apikeyd
