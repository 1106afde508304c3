// SPDX-License-Identifier: Apache-2.0
#include "config/secret_words.hpp"
#include "config/utf8.hpp"
#include "daemon/cli/caller.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/done_report.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/json_text.hpp"
#include "daemon/runtime/request_file.hpp"
#include "daemon/runtime/suspension.hpp"
#include "state/state_store.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <thread>

namespace apikeyd {

namespace {

constexpr std::chrono::days longest{30}; // an operator who means longer stops the daemon
constexpr std::size_t longest_reason = 500;

// How long a running daemon may take to say in the state that it has taken a request.
constexpr std::chrono::seconds patience{10};
constexpr std::chrono::milliseconds between_looks{20};

std::chrono::milliseconds require_duration(const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration || duration->count() <= 0 || *duration > longest) {
        throw CommandError(exit_usage,
                           fmt::format("--for: {} is not a duration of up to 30d; write it as in 30m or 2h",
                                       visible_text(quote_unless_token(text))));
    }
    return *duration;
}

void require_reason(const std::string& reason) {
    if (reason.size() > longest_reason || visible_text(reason) != reason) {
        throw CommandError(exit_usage,
                           fmt::format("--reason: one line of at most {} bytes, without control characters",
                                       longest_reason));
    }
}

std::optional<Suspension> stored_suspension(const std::string& state) {
    auto store = StateStore::open_reader(state);
    return store ? store->suspension() : std::nullopt;
}

// Where no daemon runs, this process is the writer for a moment. False: a daemon runs, or there is no state
// yet, which is the daemon's to make, as its user.
bool write_directly(const Settings& settings, const SuspensionRequest& request) {
    if (!StateStore::open_reader(settings.state)) {
        return false;
    }
    try {
        StateStore store = StateStore::open(settings.state);
        if (const auto older = read_suspension(settings.state)) {
            drop_suspension(settings.state, *older); // what nobody took is overruled
        }
        record_request(store, request, current_time().wall);
        return true;
    } catch (const StateError& error) {
        if (error.kind() != StateError::Kind::locked) {
            throw;
        }
        return false;
    }
}

// The file is for the daemon; that it has taken it shows in the state.
bool taken(const std::string& state, const SuspensionRequest& request) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < end) {
        const auto stored = stored_suspension(state);
        if (stored ? stored->until == request.until : !request.until) {
            return true;
        }
        std::this_thread::sleep_for(between_looks);
    }
    return false;
}

Poco::JSON::Object::Ptr json_of(const char* result, const SuspensionRequest& request) {
    const auto text_or_null = [](const std::string& text) {
        return json_or_null(text.empty() ? std::nullopt : std::optional(text));
    };
    auto done = done_json(result);
    done->set("until", json_time(request.until));
    done->set("reason", text_or_null(request.reason));
    done->set("by", text_or_null(request.by));
    return done;
}

int ask_for(const Settings& settings, const SuspensionRequest& request, const CommandLine& line,
            const std::string& done) {
    if (!write_directly(settings, request)) {
        leave_request(settings.state, request);
        if (!StateStore::open_reader(settings.state)) {
            report_done(line, "there is no state yet: left for apikeyd to find when it starts\n",
                        *json_of("left", request));
            return exit_ok;
        }
        if (!taken(settings.state, request)) {
            throw CommandError(
                exit_error, fmt::format("apikeyd holds the state and has not taken the request within {} s; "
                                        "it was left for it, see its log",
                                        patience.count()));
        }
    }
    report_done(line, done, *json_of(request.until ? "suspended" : "resumed", request));
    return exit_ok;
}

} // namespace

int suspend_command(const CommandLine& line) {
    const WallTime until = current_time().wall + require_duration(line.duration);
    require_reason(line.reason);
    const Settings settings = require_settings(line);
    return ask_for(settings, {until, caller_name(), line.reason}, line,
                   fmt::format("suspended: nothing is sent until {}; `apikeyd resume` ends it\n",
                               format_rfc3339(until)));
}

int resume_command(const CommandLine& line) {
    const Settings settings = require_settings(line);
    if (StateStore::open_reader(settings.state) && !stored_suspension(settings.state) &&
        !read_suspension(settings.state)) {
        report_done(line, "not suspended; nothing to do\n", *json_of("not_suspended", {}));
        return exit_ok;
    }
    return ask_for(settings, {std::nullopt, caller_name(), ""}, line, "resumed: what differs is sent\n");
}

} // namespace apikeyd
