// SPDX-License-Identifier: Apache-2.0
// The endpoints under /sandbox/: looking in from outside, and changing the weather.
#include "examples/sandbox/json_text.hpp"
#include "examples/sandbox/options.hpp"
#include "examples/sandbox/sandbox_api.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/String.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace apikeyd::sandbox {

namespace {

constexpr std::string_view keys_path = "/sandbox/keys";

WallTime now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Answer wrong(std::string message) {
    return refusal_answer({400, "BAD_USER_INPUT", std::move(message)});
}

Answer no_such_key() {
    return refusal_answer({404, "NOT_FOUND", "The sandbox has no such key"});
}

template <typename Number>
std::optional<Number> parse_number(const std::string& text) {
    Number number{};
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && stopped == end && !text.empty() ? std::optional(number) : std::nullopt;
}

// {"name":…,"enabled":…}, both optional; nothing if it is anything else.
std::optional<Update> parse_change(const KeyId& id, const std::string& body) {
    Update change{id, std::nullopt, std::nullopt};
    try {
        const auto object = Poco::JSON::Parser().parse(body).extract<Poco::JSON::Object::Ptr>();
        for (const auto& [member, value] : *object) {
            if (member == "name" && value.isString()) {
                change.name = value.extract<std::string>();
            } else if (member == "enabled" && value.isBoolean()) {
                change.enabled = value.extract<bool>();
            } else {
                return std::nullopt;
            }
        }
    } catch (const Poco::Exception&) {
        return std::nullopt;
    }
    return change;
}

} // namespace

Answer SandboxApi::list_keys() {
    return state_.with([](State& state) {
        std::string list = "[";
        for (const Key* key : state.world.sorted()) {
            list += list.size() > 1 ? ",\n" : "\n";
            list += key_report_json(*key);
        }
        return json_answer(list + "\n]\n");
    });
}

Answer SandboxApi::show_key(const std::string& id) {
    const auto key = KeyId::parse(id);
    return state_.with([&](State& state) {
        const Key* found = key ? state.world.find(*key) : nullptr;
        return found ? json_answer(key_report_json(*found) + '\n') : no_such_key();
    });
}

Answer SandboxApi::change_key(const std::string& id, const std::string& body) {
    const auto key = KeyId::parse(id);
    if (!key) {
        return no_such_key();
    }
    const auto change = parse_change(*key, body);
    if (!change) {
        return wrong(R"(a change is {"name":"…","enabled":true}, either of them left out)");
    }
    return state_.with([&](State& state) {
        const Key* changed = state.world.change(*change, now());
        return changed ? json_answer(key_report_json(*changed) + '\n') : no_such_key();
    });
}

Answer SandboxApi::set_faults(const std::string& spec) {
    auto parsed = FaultSchedule::parse(spec);
    if (const auto* error = std::get_if<GrammarError>(&parsed)) {
        return wrong(error->message);
    }
    return state_.with([&](State& state) {
        state.faults = std::move(std::get<FaultSchedule>(parsed));
        return json_answer(fmt::format("{{\"faults\":{}}}\n", json_quote(state.faults.to_string())));
    });
}

Answer SandboxApi::set_latency(const std::string& text) {
    const auto milliseconds = parse_number<std::uint32_t>(text);
    if (!milliseconds || *milliseconds > max_latency_ms) {
        return wrong("the latency is a number of milliseconds, an hour at most");
    }
    latency_ = *milliseconds;
    return json_answer(fmt::format("{{\"latency\":{}}}\n", *milliseconds));
}

Answer SandboxApi::set_token(const std::string& text) {
    if (text.empty()) {
        return wrong("the token must not be empty");
    }
    return state_.with([&](State& state) {
        state.world.set_token(text);
        return json_answer("{}\n");
    });
}

Answer SandboxApi::report_stats() {
    return stats_.with([](Stats& stats) {
        return json_answer(fmt::format("{{\"requests\":{},\"connections\":{},\"concurrent\":{},"
                                       "\"max_concurrent\":{},\"max_concurrent_per_key\":{}}}\n",
                                       stats.requests, stats.connections, stats.now, stats.most,
                                       stats.most_per_key));
    });
}

Answer SandboxApi::answer_admin(const std::string& method, const std::string& path,
                                const std::vector<std::pair<std::string, std::string>>& query,
                                const std::string& body) {
    const std::string request = method + ' ' + path;
    const std::string text = Poco::trim(body);
    if (request == "GET /sandbox/keys") {
        return list_keys();
    }
    if (request.starts_with("GET /sandbox/keys/")) {
        return show_key(path.substr(keys_path.size() + 1));
    }
    if (request.starts_with("PUT /sandbox/keys/")) {
        return change_key(path.substr(keys_path.size() + 1), body);
    }
    if (request == "GET /sandbox/faults") {
        return state_.with([](State& state) {
            return json_answer(fmt::format("{{\"faults\":{}}}\n", json_quote(state.faults.to_string())));
        });
    }
    if (request == "POST /sandbox/faults") {
        return set_faults(body);
    }
    if (request == "POST /sandbox/latency") {
        return set_latency(text);
    }
    if (request == "POST /sandbox/token") {
        return set_token(text);
    }
    if (request == "GET /sandbox/stats") {
        return report_stats();
    }
    if (request == "GET /sandbox/journal") {
        const auto since =
            std::find_if(query.begin(), query.end(), [](auto& p) { return p.first == "since"; });
        const auto after = since == query.end() ? 0 : parse_number<std::uint64_t>(since->second);
        return !after ? wrong("'since' is the number of an entry")
                      : state_.with([&](State& state) { return json_answer(state.journal.to_json(*after)); });
    }
    return refusal_answer({404, "NOT_FOUND", "The sandbox has no such endpoint; its README lists them"});
}

} // namespace apikeyd::sandbox
