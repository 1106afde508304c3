// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace apikeyd {

// A request as it came, of which nothing was checked.
struct WebRequest {
    std::string method;
    std::string target;             // "/status.json?limit=10", "http://localhost/metrics"
    std::vector<std::string> hosts; // the values of all Host fields
};

struct WebResponse {
    int status = 200;
    std::string body;
    std::string content_type = "text/plain; charset=utf-8";
    // By name, in place of what all responses carry: "Content-Security-Policy", for one.
    std::map<std::string, std::string> headers = {};
};

// What a handler needs to know: the parameters of the query, decoded; of one given twice the last.
using Query = std::map<std::string, std::string>;

// By which names a server may be called. A page of somebody else's can make its own name resolve to this
// machine and then read what we answer; but it can't change what the browser writes into Host. So that must
// be a numeric address, localhost, or a name that the operator knows.
class HostCheck {
  public:
    static HostCheck anything() { return HostCheck(true, {}); } // where no browser comes: a unix socket
    static HostCheck names(std::vector<std::string> further) { return HostCheck(false, std::move(further)); }

    bool allows(std::string_view host) const; // with or without a port

  private:
    HostCheck(bool anything, std::vector<std::string> further)
        : anything_(anything)
        , names_(std::move(further)) {}

    bool anything_;
    std::vector<std::string> names_; // lower case
};

// Which path is answered by what. Pure but for its handlers, and safe to use by several threads if they are.
class Site {
  public:
    using Handler = std::function<WebResponse(const Query& query)>;

    explicit Site(HostCheck hosts)
        : hosts_(std::move(hosts)) {}

    // The path exactly, "/metrics".
    void add(std::string path, Handler handler);

    // Asked before a path's handler: what it answers, if anything, stands for the handler's answer.
    using Guard = std::function<std::optional<WebResponse>(std::string_view path)>;
    void set_guard(Guard guard);

    // Whatever is asked. HEAD is answered like GET: its body is for whoever sends it to leave out.
    WebResponse answer(const WebRequest& request) const;

  private:
    WebResponse answer_checked(const WebRequest& request) const;

    HostCheck hosts_;
    std::map<std::string, Handler, std::less<>> handlers_;
    Guard guard_ = [](std::string_view) { return std::nullopt; };
};

} // namespace apikeyd
