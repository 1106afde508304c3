// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/raw_answers.hpp"

#include "examples/sandbox/json_text.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Timestamp.h>
#include <fmt/format.h>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <system_error>

namespace apikeyd::sandbox {

namespace {

constexpr std::chrono::milliseconds drip_pause{100};
constexpr std::chrono::milliseconds for_ever{-1};

std::string errors_json(std::string_view message, std::string_view code) {
    const std::string extensions =
        code.empty() ? std::string{} : fmt::format(R"(,"extensions":{{"code":{}}})", json_quote(code));
    return fmt::format(R"({{"errors":[{{"message":{},"path":["updateApiKey"]{}}}]}})", json_quote(message),
                       extensions);
}

// "date+90" becomes the HTTP date 90 seconds from now; anything else is sent as it is written, sense or not.
std::string retry_after(const std::string& argument, WallTime now) {
    constexpr std::string_view prefix = "date+";
    std::int64_t seconds = 0;
    const char* end = argument.data() + argument.size();
    if (!argument.starts_with(prefix) ||
        std::from_chars(argument.data() + prefix.size(), end, seconds).ptr != end) {
        return argument;
    }
    const auto then =
        std::chrono::time_point_cast<std::chrono::microseconds>(now + std::chrono::seconds{seconds});
    return Poco::DateTimeFormatter::format(Poco::Timestamp(then.time_since_epoch().count()),
                                           Poco::DateTimeFormat::HTTP_FORMAT);
}

Answer busy_answer(int status, std::string_view message, const Fault& fault, WallTime now) {
    Answer answer{status, errors_json(message, "")};
    if (!fault.argument.empty()) {
        answer.headers.emplace_back("Retry-After", retry_after(fault.argument, now));
    }
    return answer;
}

void send_all(Poco::Net::StreamSocket& client, std::string_view bytes) {
    while (!bytes.empty()) {
        const int sent = client.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
        if (sent <= 0) {
            return;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

// Connecting a TCP socket to no address at all (connect(2), AF_UNSPEC) resets its connection. Closing it with
// SO_LINGER would do the same, but not under TLS, where Poco says goodbye first, and not while Poco may shut
// the socket down from another thread.
void reset(const Poco::Net::StreamSocket& client) {
    sockaddr nowhere{};
    nowhere.sa_family = AF_UNSPEC;
    static_cast<void>(::connect(client.impl()->sockfd(), &nowhere, sizeof nowhere));
}

void drip(Poco::Net::StreamSocket& client, std::string_view bytes, const Stopper& stopper) {
    for (const char byte : bytes) {
        send_all(client, {&byte, 1});
        if (stopper.wait(drip_pause, &client) != Stopper::Woken::time_passed) {
            return;
        }
    }
}

} // namespace

Answer json_answer(std::string body) {
    return Answer{200, std::move(body)};
}

Answer refusal_answer(const Refusal& refusal) {
    return Answer{refusal.status, errors_json(refusal.message, refusal.code)};
}

Answer fault_answer(const Fault& fault, WallTime now) {
    switch (fault.kind) {
    case FaultKind::too_many:
        return busy_answer(429, "Too many requests", fault, now);
    case FaultKind::unavailable:
        return busy_answer(503, "Service unavailable", fault, now);
    case FaultKind::internal_error:
        return {500, errors_json("Something went wrong", fault.argument)};
    case FaultKind::internal_error_without_code:
        return {500, errors_json("Internal server error", "")};
    case FaultKind::unauthenticated:
        return refusal_answer({401, "UNAUTHENTICATED", "You must be authenticated to do this"});
    case FaultKind::forbidden:
        return refusal_answer({403, "FORBIDDEN", "The API key is disabled"});
    case FaultKind::html:
        return {200, "<!DOCTYPE html><title>Proxy</title><p>Please accept the terms of use.</p>\n",
                "text/html"};
    case FaultKind::redirect:
        return {302, "", "text/html", {{"Location", "/login?next=api-key"}}};
    default: // an empty 200; what sends no answer at all has none to make
        return {200, "", ""};
    }
}

std::string to_bytes(const Answer& answer, bool keep_alive) {
    const auto status = static_cast<Poco::Net::HTTPResponse::HTTPStatus>(answer.status);
    std::string bytes =
        fmt::format("HTTP/1.1 {} {}\r\n", answer.status, Poco::Net::HTTPResponse::getReasonForStatus(status));
    if (!answer.content_type.empty()) {
        bytes += fmt::format("Content-Type: {}\r\n", answer.content_type);
    }
    for (const auto& [name, value] : answer.headers) {
        bytes += fmt::format("{}: {}\r\n", name, value);
    }
    bytes += fmt::format("Content-Length: {}\r\nConnection: {}\r\n\r\n", answer.body.size(),
                         keep_alive ? "keep-alive" : "close");
    return bytes + answer.body;
}

Stopper::Stopper()
    : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (event_ < 0) {
        throw std::system_error(errno, std::generic_category(), "eventfd");
    }
}

Stopper::~Stopper() {
    ::close(event_);
}

void Stopper::stop() noexcept {
    ::eventfd_write(event_, 1); // never read: whoever waits later is woken as well
}

Stopper::Woken Stopper::wait(std::chrono::milliseconds time, const Poco::Net::StreamSocket* client) const {
    pollfd watched[2] = {{event_, POLLIN, 0}, {client ? client->impl()->sockfd() : -1, POLLRDHUP, 0}};
    const auto end = std::chrono::steady_clock::now() + time;
    auto left = time;
    while (::poll(watched, 2, static_cast<int>(left.count())) < 0 && errno == EINTR) {
        if (time >= time.zero()) {
            left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
            left = std::max(left, left.zero());
        }
    }
    if (watched[0].revents != 0) {
        return Woken::stopped;
    }
    return watched[1].revents != 0 ? Woken::client_left : Woken::time_passed;
}

bool deliver(Poco::Net::StreamSocket& client, const Answer& answer, Manner manner, bool keep_alive,
             const Stopper& stopper) {
    const std::string bytes = to_bytes(answer, keep_alive);
    switch (manner) {
    case Manner::whole:
        send_all(client, bytes);
        return keep_alive;
    case Manner::reset:
        reset(client);
        return false;
    case Manner::close:
        return false;
    case Manner::hang:
        stopper.wait(for_ever, &client);
        return false;
    case Manner::truncated:
        send_all(client, std::string_view(bytes).substr(0, bytes.size() - (answer.body.size() + 1) / 2));
        return false;
    case Manner::dripped:
        drip(client, bytes, stopper);
        return false;
    case Manner::followed:
        send_all(client, bytes + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        return keep_alive;
    case Manner::preceded:
        send_all(client, "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" + bytes);
        return keep_alive;
    }
    return false;
}

} // namespace apikeyd::sandbox
