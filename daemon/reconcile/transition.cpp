// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/transition.hpp"

#include <fmt/format.h>

#include <variant>

namespace apikeyd {

namespace {

// What the API made of a request other than what was asked; empty where it did as asked.
std::string disagreement(const Fields& asked, const ApiKey& answer) {
    std::string text;
    if (asked.name && *asked.name != answer.name) {
        text = fmt::format("the API stored the name \"{}\" where \"{}\" was asked", answer.name, *asked.name);
    }
    if (asked.enabled && *asked.enabled != answer.enabled) {
        text += fmt::format("{}the API left enabled at {} where {} was asked", text.empty() ? "" : "; ",
                            answer.enabled, *asked.enabled);
    }
    return text;
}

// Whether the last answer shows all of it, with nothing sent since that could have changed it.
bool shows(const KnownKey& known, const Fields& wanted) {
    return known.observed && !wanted.empty() &&
           (!wanted.name || (!known.doubt.name && *wanted.name == known.observed->name)) &&
           (!wanted.enabled || (!known.doubt.enabled && *wanted.enabled == known.observed->enabled));
}

// A look asks for nothing, so its answer says nothing of values that were refused. But where what was refused
// was there already, it was the key that was, and the key is back; and what is there now can't be refused.
std::optional<Rejection> rejection_after_look(const KnownKey& before, const KnownKey& after) {
    const auto& rejection = before.rejection;
    const bool over = rejection && (shows(before, rejection->desired) || shows(after, rejection->desired));
    return over ? std::nullopt : rejection;
}

// Once for each reason: every look at a key that is gone is refused.
Rejection refusal(const Change& change, const Fields& desired, const std::string& why, WallTime now) {
    const auto& before = change.known.rejection;
    const bool told = change.to.empty() && before && before->desired == desired && before->why == why;
    return told ? *before : Rejection{desired, why, now};
}

KnownKey as_answered(const Change& change, const Fields& desired, const ApiKey& answer, WallTime now) {
    KnownKey key;
    key.id = change.id;
    key.observed =
        Observed{answer.name, answer.enabled, answer.created_at, answer.updated_at, now, answer.secret};
    if (change.to.empty()) {
        key.rejection = rejection_after_look(change.known, key);
    }
    if (std::string why = disagreement(change.to, answer); !why.empty()) {
        key.rejection = Rejection{desired, std::move(why), now};
    }
    return key;
}

} // namespace

KnownKey mark_in_doubt(const Change& change, WallTime now) {
    KnownKey key = change.known;
    if (change.to.empty()) {
        return key; // a look changes nothing, so it leaves nothing in doubt
    }
    key.rejection.reset();
    if (!key.doubt.any()) {
        key.doubt.since = now;
    }
    key.doubt.name = key.doubt.name || change.to.name.has_value();
    key.doubt.enabled = key.doubt.enabled || change.to.enabled.has_value();
    return key;
}

KnownKey settle(const Change& change, const Fields& desired, const Outcome& outcome, WallTime marked_at,
                WallTime now) {
    if (const auto* applied = std::get_if<Applied>(&outcome)) {
        return as_answered(change, desired, applied->key, now);
    }
    if (may_have_changed(outcome)) {
        return mark_in_doubt(change, marked_at);
    }
    KnownKey key = change.known;
    const auto* rejected = std::get_if<Rejected>(&outcome);
    if (rejected != nullptr && (change.reason != Reason::probe || shows(change.known, desired))) {
        key.rejection = refusal(change, desired, rejected->why, now);
    }
    return key;
}

bool may_have_changed(const Outcome& outcome) noexcept {
    return std::holds_alternative<Applied>(outcome) || std::holds_alternative<Retryable>(outcome) ||
           std::holds_alternative<Unknown>(outcome);
}

std::vector<std::string> changed_fields(const Change& change, const ApiKey& answer) {
    std::vector<std::string> fields;
    const auto& before = change.known.observed;
    if (before ? before->enabled != answer.enabled : change.to.enabled.has_value()) {
        fields.emplace_back("enabled");
    }
    if (before ? before->name != answer.name : change.to.name.has_value()) {
        fields.emplace_back("name");
    }
    return fields;
}

} // namespace apikeyd
