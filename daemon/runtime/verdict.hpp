// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"
#include "state/known.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace apikeyd {

// How it goes, in one word. Where several hold, the one that comes first here is the verdict.
enum class Verdict {
    stopped,           // the process is about to end
    stopping,          // it was told to end, and waits for what is under way
    reloading,         // other settings are about to take effect, after what is under way
    state_unavailable, // the state can't be read or written: nothing new is sent
    degraded,          // the file, the settings or the token can't be used as they are now
    suspended,         // the operator said so
    denied,            // the API doesn't take the token
    unavailable,       // the API doesn't answer
    held,              // disables wait for approval
    not_converged,     // keys are rejected, or were tried in vain so far
    drifted,           // there are differences (a dry run)
    starting,          // the file isn't loaded yet
    converging,
    in_sync,
};
std::string_view to_string(Verdict verdict) noexcept; // "in_sync"

// What the service manager, and whoever else asks, is told.
struct Assessment {
    Verdict verdict = Verdict::starting;
    // One true sentence: one line of visible UTF-8, at most max_sentence_size bytes. No relative times: it
    // stays true while nothing happens.
    std::string sentence;

    friend bool operator==(const Assessment&, const Assessment&) = default;
};
inline constexpr std::size_t max_sentence_size = 2000; // systemd takes messages of up to 4096 bytes

// All that the sentence depends on. Texts may be anything: they are cut and made visible.
struct Situation {
    enum class Phase { running, reloading, stopping, stopped };
    Phase phase = Phase::running;
    std::size_t under_way = 0; // requests with the workers

    std::optional<std::string> state_trouble;    // why the state can't be used
    std::optional<std::string> file_trouble;     // why the desired file, as it is now, can't be
    std::optional<std::string> settings_trouble; // why the settings, as they are now, can't be
    std::optional<std::string> token_trouble;    // why the token file, as it is now, can't be
    std::optional<Suspension> suspension;
    std::optional<std::string> denial;      // of the token, at the last try
    bool no_key_to_try = false;             // that would show whether a denied token is taken again
    std::optional<std::string> api_trouble; // why the API is taken for dead

    struct Held {
        std::uint64_t disables = 0;
        std::string digest; // "sha256:…"
    };
    std::optional<Held> held;

    bool loaded = false;                   // a desired file was good since the start
    bool looking = false;                  // keys are looked at before a plan
    bool active = false;                   // a plan is being carried out, or about to be made
    std::uint64_t managed = 0;             // keys
    std::uint64_t changes = 0;             // of the plan that is being carried out
    std::uint64_t rejected = 0;            // keys whose values the API refuses
    std::size_t waiting = 0;               // changes and looks that aren't with the workers and want to go
    std::size_t failing = 0;               // changes that were tried and got no verdict; they are tried again
    std::size_t in_doubt = 0;              // those of them that the API may have acted on
    std::optional<WallTime> oldest_answer; // none on which the knowledge of the keys rests is older
};
Assessment assess(const Situation& situation);

// Of a process that ends with an error.
std::string ended_sentence(const std::string& why);

// The same of a dry run, which reports and sends nothing.
struct DrySituation {
    bool stopped = false;
    std::optional<std::string> file_trouble;
    std::optional<std::string> report_trouble; // why there is no report of what the file says: state, output
    struct Report {
        std::uint64_t managed = 0, changes = 0; // rejected ones among them
        WallTime at{};
    };
    std::optional<Report> report; // the last that was written
};
Assessment assess(const DrySituation& situation);

} // namespace apikeyd
