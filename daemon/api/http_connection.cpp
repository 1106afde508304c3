// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/http_connection.hpp"

#include "daemon/api/poco_transport.hpp"

#include <Poco/Net/NetException.h>
#include <Poco/String.h>
#include <Poco/StringTokenizer.h>

#include <poll.h>

#include <algorithm>
#include <charconv>
#include <istream>
#include <optional>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

using Poco::Net::MessageException;
using Poco::Net::MessageHeader;

constexpr std::chrono::seconds default_idle_limit{8};
constexpr int max_interim_answers = 32;
constexpr std::size_t max_line_size = 8192;
constexpr int max_trailer_lines = 100;
constexpr const char* no_http = "the answer is no HTTP, or its header is too large";
constexpr const char* cut_off = "the connection was closed in the middle of the answer";
constexpr const char* bad_chunk = "the answer has an invalid chunk";

constexpr int switching_protocols = 101;
constexpr int no_content = 204;
constexpr int not_modified = 304;

MessageException too_large() {
    return {"the answer is larger than " + std::to_string(max_response_size) + " bytes"};
}

// All values of a header field, in lists or in fields of their own (RFC 9110, 5.3).
std::vector<std::string> values(const MessageHeader& head, const std::string& name) {
    std::vector<std::string> result;
    for (auto field = head.find(name); field != head.end() && Poco::icompare(field->first, name) == 0;
         ++field) {
        const Poco::StringTokenizer tokens(field->second, ",", Poco::StringTokenizer::TOK_TRIM);
        result.insert(result.end(), tokens.begin(), tokens.end());
    }
    return result;
}

bool has_value(const MessageHeader& head, const std::string& name, const std::string& value) {
    const auto all = values(head, name);
    return std::any_of(all.begin(), all.end(),
                       [&](const std::string& one) { return Poco::icompare(one, value) == 0; });
}

template <int Base = 10>
std::optional<std::size_t> parse_size(std::string_view text) {
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size, Base);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return size;
}

std::optional<std::size_t> content_length(const MessageHeader& head) {
    std::optional<std::size_t> length;
    for (const std::string& value : values(head, "Content-Length")) {
        const auto size = parse_size(value);
        if (!size || (length && length != size)) {
            throw MessageException("the answer has an invalid Content-Length");
        }
        length = size;
    }
    if (!length && head.has("Content-Length")) {
        throw MessageException("the answer has an invalid Content-Length");
    }
    return length;
}

// "timeout=5, max=100"
std::chrono::seconds announced_idle_limit(const MessageHeader& head) {
    for (const std::string& value : values(head, "Keep-Alive")) {
        if (value.size() > 8 && Poco::icompare(value, 0, 8, "timeout=") == 0) {
            const auto seconds = parse_size(std::string_view(value).substr(8));
            if (seconds && *seconds < 3600) {
                const auto limit = static_cast<std::chrono::seconds::rep>(*seconds);
                return std::chrono::seconds{
                    std::max(limit - 4, limit / 2)}; // the way there takes time as well
            }
        }
    }
    return default_idle_limit;
}

// Room at the end of a text that holds a secret: no copy is left behind where it has to move.
void grow(std::string& text, std::size_t size) {
    if (size > text.capacity()) {
        std::string larger;
        larger.reserve(std::max(size, 2 * text.capacity()));
        larger.append(text);
        wipe(text);
        text = std::move(larger);
    }
    text.resize(size);
}

} // namespace

HttpConnection::HttpConnection(const Poco::Net::StreamSocket& socket,
                               std::shared_ptr<const Descriptor> watched)
    : watched_(std::move(watched))
    , input_(socket)
    , idle_limit_(default_idle_limit) {}

void HttpConnection::send(std::string_view request) {
    reusable_ = false;
    while (!request.empty()) {
        const int sent = input_.socket().sendBytes(request.data(), static_cast<int>(request.size()));
        if (sent <= 0) { // a secure socket says so where a plain one throws
            throw Poco::TimeoutException();
        }
        request.remove_prefix(static_cast<std::size_t>(sent));
    }
}

Response HttpConnection::receive() {
    Head head = read_head();
    for (int interim = 0; head.status < 200 && head.status != switching_protocols; ++interim) {
        if (interim == max_interim_answers) {
            throw MessageException("there is no end of interim answers");
        }
        head = read_head();
    }
    Secret body(read_body(head));
    const MessageHeader& fields = head.fields;
    const bool stays_open = head.http11 ? !has_value(fields, "Connection", "close")
                                        : has_value(fields, "Connection", "keep-alive");
    const bool two_lengths = fields.has("Transfer-Encoding") && fields.has("Content-Length");
    reusable_ = stays_open && !to_the_end_ && !two_lengths && head.status >= 200 &&
                input_.buffered() == 0; // bytes that are left over make the connection useless
    input_.wipe();
    idle_limit_ = announced_idle_limit(fields);
    return Response{head.status, fields.get("Content-Type", ""), fields.get("Retry-After", ""),
                    std::move(body)};
}

bool HttpConnection::has_input() {
    pollfd poll{input_.descriptor(), POLLIN, 0};
    const bool decrypted = input_.socket().secure() && input_.socket().available() > 0; // poll() can't see it
    return input_.buffered() != 0 || decrypted || ::poll(&poll, 1, 0) != 0;
}

HttpConnection::Head HttpConnection::read_head() {
    if (input_.peek() == std::char_traits<char>::eof()) {
        throw MessageException("the connection was closed without an answer");
    }
    Head head;
    read_status_line(head);
    read_fields(head.fields);
    return head;
}

// "HTTP/1.1 200 OK" (RFC 9112, 4). Poco's HTTPResponse takes any protocol, and any number for a status.
void HttpConnection::read_status_line(Head& head) {
    const std::string line = read_line(no_http);
    const std::string_view text = line;
    const std::string_view version = text.substr(0, 9);
    if ((version != "HTTP/1.1 " && version != "HTTP/1.0 ") || text.size() < 12 ||
        (text.size() > 12 && text[12] != ' ')) {
        throw MessageException(no_http);
    }
    const auto status = parse_size(text.substr(9, 3));
    if (!status || *status < 100) {
        throw MessageException(no_http);
    }
    head.status = static_cast<int>(*status);
    head.http11 = version == "HTTP/1.1 ";
}

void HttpConnection::read_fields(MessageHeader& fields) {
    ReceivedBytes source(input_);
    std::istream stream(&source);
    int end = 0;
    try {
        fields.read(stream);
        do { // it leaves the line break after the fields
            end = stream.get();
        } while (end != '\n' && end != std::char_traits<char>::eof());
    } catch (const Poco::Exception&) {
        source.rethrow();
        throw MessageException(no_http); // Poco's text would quote what the server sent
    }
    source.rethrow();
    if (end != '\n') { // Poco takes the end of the connection for the end of the header
        throw MessageException(cut_off);
    }
}

// RFC 9112, 6.3
std::string HttpConnection::read_body(const Head& head) {
    std::string body;
    to_the_end_ = false;
    try {
        if (head.status < 200 || head.status == no_content || head.status == not_modified) {
            return body;
        }
        const auto length = content_length(head.fields);
        if (head.fields.has("Transfer-Encoding")) {
            const auto codings = values(head.fields, "Transfer-Encoding");
            if (codings.size() != 1 || Poco::icompare(codings.front(), "chunked") != 0) {
                throw MessageException("the answer is in an unknown transfer coding");
            }
            read_chunked(body);
        } else if (length) {
            read_sized(body, *length);
        } else {
            to_the_end_ = true;
            read_to_end(body);
        }
    } catch (const Poco::Exception&) {
        wipe(body);
        throw;
    }
    return body;
}

void HttpConnection::read_sized(std::string& body, std::size_t size) {
    std::size_t filled = body.size();
    if (size > max_response_size || filled + size > max_response_size) {
        throw too_large();
    }
    grow(body, filled + size);
    while (filled < body.size()) {
        const int count = input_.read(body.data() + filled, body.size() - filled);
        if (count <= 0) {
            throw MessageException(cut_off);
        }
        filled += static_cast<std::size_t>(count);
    }
}

// RFC 9112, 7.1
void HttpConnection::read_chunked(std::string& body) {
    for (;;) {
        const std::string line = read_line(bad_chunk);
        std::string_view digits = std::string_view(line).substr(0, line.find(';')); // extensions mean nothing
        while (digits.ends_with(' ') || digits.ends_with('\t')) {
            digits.remove_suffix(1);
        }
        const auto size = parse_size<16>(digits);
        if (!size) {
            throw MessageException(bad_chunk);
        }
        if (*size == 0) {
            break;
        }
        read_sized(body, *size);
        if (!read_line(bad_chunk).empty()) {
            throw MessageException(bad_chunk);
        }
    }
    for (int lines = 0; !read_line(bad_chunk).empty(); ++lines) {
        if (lines == max_trailer_lines) {
            throw MessageException("the answer has too long a trailer");
        }
    }
}

void HttpConnection::read_to_end(std::string& body) {
    std::size_t filled = 0;
    for (;;) {
        if (filled > max_response_size) {
            throw too_large();
        }
        grow(body, filled + 4096);
        const int count = input_.read(body.data() + filled, 4096);
        if (count < 0) {
            throw Poco::TimeoutException();
        }
        filled += static_cast<std::size_t>(count);
        if (count == 0) {
            body.resize(filled);
            return;
        }
    }
}

// Up to a CR LF, which is taken away.
std::string HttpConnection::read_line(const char* what_is_wrong) {
    std::string line;
    for (;;) {
        const int character = input_.get();
        if (character == std::char_traits<char>::eof()) {
            throw MessageException(cut_off);
        }
        if (character == '\n' && line.ends_with('\r')) {
            line.pop_back();
            return line;
        }
        if (character == '\n' || line.size() == max_line_size) {
            throw MessageException(what_is_wrong);
        }
        line.push_back(static_cast<char>(character));
    }
}

} // namespace apikeyd
