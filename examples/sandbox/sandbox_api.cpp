// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/sandbox_api.hpp"

#include <fmt/format.h>

namespace apikeyd::sandbox {

namespace {

WallTime now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Twist twist_of(FaultKind kind) {
    return {kind == FaultKind::other_name, kind == FaultKind::ignore_enabled, kind == FaultKind::new_secret};
}

KeyRendering rendering_of(FaultKind kind) {
    using SecretAs = KeyRendering::SecretAs;
    return {kind == FaultKind::wrong_id, kind == FaultKind::no_secret       ? SecretAs::nothing
                                         : kind == FaultKind::secret_number ? SecretAs::number
                                                                            : SecretAs::text};
}

// The request as the keys see it, once no fault stands in between.
struct Reached {
    Answer answer;
    bool applied = false;
};

Reached reach_keys(KeyWorld& world, const std::optional<Refusal>& denied, const ReadUpdate& read,
                   FaultKind fault, WallTime time) {
    if (denied) {
        return {refusal_answer(*denied), false};
    }
    if (const auto* refusal = std::get_if<Refusal>(&read.result)) {
        return {refusal_answer(*refusal), false};
    }
    const auto applied = world.apply(std::get<Update>(read.result), twist_of(fault), time);
    if (const auto* refusal = std::get_if<Refusal>(&applied)) {
        return {refusal_answer(*refusal), false};
    }
    return {json_answer(api_key_json(*std::get<const Key*>(applied), rendering_of(fault))), true};
}

bool sends_status(Manner manner) {
    return manner != Manner::reset && manner != Manner::close && manner != Manner::hang;
}

} // namespace

SandboxApi::SandboxApi(State state, std::string base, std::chrono::milliseconds latency)
    : state_(std::move(state))
    , base_(std::move(base))
    , latency_(latency.count()) {}

std::size_t SandboxApi::keys() {
    return state_.with([](State& state) { return state.world.size(); });
}

std::optional<Refusal> SandboxApi::misdirected(const ApiCall& call) const {
    if (call.path != base_ + "/api-key") {
        return Refusal{404, "NOT_FOUND", "There is nothing at this path"};
    }
    if (call.method != "PUT") {
        return Refusal{405, "METHOD_NOT_ALLOWED", "An API key can only be updated here, with PUT"};
    }
    return std::nullopt;
}

Decision SandboxApi::answer(const ApiCall& call) {
    const auto lost = misdirected(call);
    const auto read = lost ? ReadUpdate{*lost, "", "null"} : read_update(call.update);
    return state_.with([&](State& state) -> Decision {
        const auto denied = state.world.authenticate(call.bearer.value_or(""));
        JournalEntry entry{now(), call.method, call.target, read.id, read.input_json};
        entry.authorized = !denied;
        if (lost) {
            Answer answer = refusal_answer(*lost);
            if (lost->status == 405) {
                answer.headers.emplace_back("Allow", "PUT");
            }
            entry.status = lost->status;
            state.journal.append(std::move(entry));
            return {std::move(answer)};
        }
        const Fault fault = state.faults.take(read.key());
        const FaultInfo& about = info(fault.kind);
        Reached reached = about.reaches_keys ? reach_keys(state.world, denied, read, fault.kind, entry.time)
                                             : Reached{fault_answer(fault, entry.time)};
        entry.fault = fault.to_string();
        entry.applied = reached.applied;
        entry.status = sends_status(about.manner) ? reached.answer.status : 0;
        state.journal.append(std::move(entry));
        return {std::move(reached.answer), about.manner};
    });
}

SandboxApi::UnderWay::UnderWay(SandboxApi& api, std::optional<KeyId> key, bool new_connection)
    : api_(api)
    , key_(key) {
    api_.stats_.with([&](Stats& stats) {
        ++stats.requests;
        stats.connections += new_connection ? 1 : 0;
        stats.most = std::max(stats.most, ++stats.now);
        if (key_) {
            stats.most_per_key = std::max(stats.most_per_key, ++stats.now_per_key[*key_]);
        }
    });
}

SandboxApi::UnderWay::~UnderWay() {
    api_.stats_.with([&](Stats& stats) {
        --stats.now;
        if (key_ && --stats.now_per_key[*key_] == 0) {
            stats.now_per_key.erase(*key_);
        }
    });
}

} // namespace apikeyd::sandbox
