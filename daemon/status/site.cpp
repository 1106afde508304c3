// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/site.hpp"

#include <Poco/Exception.h>
#include <Poco/String.h>
#include <Poco/URI.h>
#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <cstdint>
#include <exception>
#include <netinet/in.h>

namespace apikeyd {

namespace {

constexpr std::size_t longest_target = 2048;

// Nothing may be loaded, framed, sent anywhere, guessed or kept. What a page needs besides, it says itself.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> common_headers{{
    {"Content-Security-Policy",
     "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-store"},
}};

WebResponse refusal(int status, std::string why) {
    return {status, std::move(why) + "\n"};
}

bool is_numeric(std::string host) {
    std::array<std::uint8_t, sizeof(in6_addr)> bytes{};
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        return inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), bytes.data()) == 1;
    }
    return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1;
}

// Without its port; nothing: no host.
std::optional<std::string> host_name(std::string_view host) {
    const std::size_t colon = host.find(':', host.starts_with('[') ? host.find(']') : 0);
    if (colon != host.npos) {
        const std::string_view port = host.substr(colon + 1);
        if (port.empty() || port.size() > 5 ||
            !std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; })) {
            return std::nullopt;
        }
        host = host.substr(0, colon);
    }
    std::string name(host);
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return name.empty() ? std::nullopt : std::optional(std::move(name));
}

// A target in its two forms: "/metrics", and "http://127.0.0.1:9464/metrics", which every server must take
// (https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2).
struct RawTarget {
    std::optional<std::string> authority; // what it says in place of Host
    std::string path;                     // with the query; not decoded
};

// Nothing: neither of them.
std::optional<RawTarget> split_target(const std::string& target) {
    constexpr std::string_view scheme = "http://";
    if (Poco::icompare(target, 0, scheme.size(), scheme.data()) != 0) {
        return target.starts_with('/') ? std::optional(RawTarget{{}, target}) : std::nullopt;
    }
    const std::size_t end = std::min(target.find_first_of("/?", scheme.size()), target.size());
    std::string authority = target.substr(scheme.size(), end - scheme.size());
    if (authority.empty()) {
        return std::nullopt;
    }
    return RawTarget{std::move(authority), (target[end] == '/' ? "" : "/") + target.substr(end)};
}

struct Target {
    std::string path;
    Query query;
};

std::optional<Target> parse_path(const std::string& target) {
    try {
        Target parsed;
        const std::size_t mark = target.find('?');
        Poco::URI::decode(target.substr(0, mark), parsed.path);
        Poco::URI uri;
        uri.setRawQuery(mark == target.npos ? "" : target.substr(mark + 1));
        for (auto& [name, value] : uri.getQueryParameters()) {
            parsed.query[name] = value;
        }
        return parsed;
    } catch (const Poco::Exception&) { // a bad escape
        return std::nullopt;
    }
}

} // namespace

bool HostCheck::allows(std::string_view host) const {
    const auto name = host_name(host);
    return name && (anything_ || *name == "localhost" || is_numeric(*name) ||
                    std::ranges::find(names_, *name) != names_.end());
}

void Site::add(std::string path, Handler handler) {
    handlers_.insert_or_assign(std::move(path), std::move(handler));
}

void Site::set_guard(Guard guard) {
    guard_ = std::move(guard);
}

WebResponse Site::answer(const WebRequest& request) const {
    WebResponse response;
    try {
        response = answer_checked(request);
    } catch (const std::exception& error) {
        response = refusal(500, fmt::format("this can't be answered: {}", error.what()));
    }
    for (const auto& [name, value] : common_headers) {
        response.headers.emplace(name, value);
    }
    return response;
}

WebResponse Site::answer_checked(const WebRequest& request) const {
    if (request.hosts.size() != 1) {
        return refusal(400, "a request names one host");
    }
    const auto raw = split_target(request.target);
    if (!hosts_.allows(raw && raw->authority ? *raw->authority : request.hosts.front())) {
        return refusal(421, "no such host here; status.allowed_hosts names those that there are besides "
                            "localhost and numeric addresses");
    }
    if (request.method != "GET" && request.method != "HEAD") {
        WebResponse response = refusal(405, "only GET and HEAD are answered");
        response.headers["Allow"] = "GET, HEAD";
        return response;
    }
    if (request.target.size() > longest_target) {
        return refusal(414, "the address is too long");
    }
    const auto target = raw ? parse_path(raw->path) : std::nullopt;
    if (!target) {
        return refusal(400, "the address is neither a path nor begins with http://");
    }
    const auto handler = handlers_.find(target->path);
    if (handler == handlers_.end()) {
        return refusal(404, "no such page");
    }
    auto instead = guard_(target->path);
    return instead ? std::move(*instead) : handler->second(target->query);
}

} // namespace apikeyd
