// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/key_row.hpp"

#include "daemon/plan/plan.hpp"

#include <algorithm>
#include <utility>

namespace apikeyd {

namespace {

struct StateName {
    std::string_view word, label;
};
constexpr std::array<StateName, row_states> state_names{{{"rejected", "rejected"},
                                                         {"held", "held"},
                                                         {"in_doubt", "in doubt"},
                                                         {"drifted", "drifted"},
                                                         {"unseen", "not seen yet"},
                                                         {"in_sync", "in sync"},
                                                         {"unmanaged", "not managed"}}};

std::string_view doubtful(const Doubt& doubt) {
    return doubt.name && doubt.enabled ? "name and enabled" : doubt.name ? "name" : "enabled";
}

// What the plan calls for; nothing: the key is none of the file's business.
std::optional<KeyPlan> plan_of(const DesiredState* desired, const DesiredKey* key, const KnownKey* known,
                               const RowRules& rules) {
    if (desired == nullptr) {
        return std::nullopt;
    }
    if (key == nullptr) {
        KeyPlan plan = rules.disable_removed ? plan_removed_key(*known) : KeyPlan{};
        return plan.standing == Standing::in_sync ? std::nullopt : std::optional(std::move(plan));
    }
    return key->name || key->enabled ? std::optional(plan_key(*desired, *key, known)) : std::nullopt;
}

RowState state_of(const std::optional<KeyPlan>& plan, const KeyId& id, const RowRules& rules) {
    if (!plan) {
        return RowState::unmanaged;
    }
    switch (plan->standing) {
    case Standing::rejected:
        return RowState::rejected;
    case Standing::in_sync:
        return RowState::in_sync;
    case Standing::drifted:
    case Standing::unknown:
    case Standing::in_doubt:
        break;
    }
    if (rules.held(id)) {
        return RowState::held;
    }
    if (rules.refused_own == id && plan->change && plan->change->disables()) {
        return RowState::rejected;
    }
    return plan->standing == Standing::in_doubt  ? RowState::in_doubt
           : plan->standing == Standing::unknown ? RowState::unseen
                                                 : RowState::drifted;
}

std::string why_drifted(const Change& change) {
    if (change.reason == Reason::removed) {
        return "taken out of the file: to be disabled";
    }
    std::string text = change.to.name && change.to.enabled ? "name and enabled differ from the last answer"
                       : change.to.name                    ? "name differs from the last answer"
                                                           : "enabled differs from the last answer";
    return change.reason == Reason::scheduled ? text + ", since its time has come" : text;
}

// `compared`: with a desired file.
void explain(KeyRow& row, bool compared, const std::optional<KeyPlan>& plan, const KnownKey* known,
             const RowRules& rules) {
    switch (row.state) {
    case RowState::rejected:
        if (plan->standing == Standing::rejected) {
            row.why = known->rejection->why;
            row.since = known->rejection->at;
        } else if (rules.refused_own == row.id) {
            row.why = "apikeyd itself uses this key, and disabling it would lock us out: use another key's "
                      "secret as the token, or set guard.allow_self_disable";
        }
        return;
    case RowState::held:
        row.why = "waits for approval";
        return;
    case RowState::in_doubt:
        row.why = std::string(doubtful(known->doubt)) + " sent, and not answered so far";
        row.since = known->doubt.since;
        return;
    case RowState::drifted:
        row.why = why_drifted(*plan->change);
        return;
    case RowState::unseen:
        row.why = "never answered";
        return;
    case RowState::in_sync:
        return;
    case RowState::unmanaged:
        break;
    }
    if (known != nullptr && known->doubt.any()) {
        row.why = "an earlier change of " + std::string(doubtful(known->doubt)) +
                  " was not answered, and the file no longer manages it";
        row.since = known->doubt.since;
    } else if (row.in_file) {
        row.why = "the file asks for neither name nor enabled";
    } else {
        row.why = compared ? "not in the file" : "no desired file was good so far";
    }
}

} // namespace

std::string_view to_string(RowState state) noexcept {
    return state_names[static_cast<std::size_t>(state)].word;
}

std::string_view label_of(RowState state) noexcept {
    return state_names[static_cast<std::size_t>(state)].label;
}

std::optional<RowState> parse_row_state(std::string_view text) noexcept {
    const auto* const found = std::ranges::find(state_names, text, &StateName::word);
    return found == state_names.end() ? std::nullopt
                                      : std::optional(static_cast<RowState>(found - state_names.begin()));
}

RowState row_state(const DesiredState* desired, const DesiredKey* key, const KnownKey* known,
                   const RowRules& rules) {
    return state_of(plan_of(desired, key, known, rules), key != nullptr ? key->id : known->id, rules);
}

KeyRow make_row(const DesiredState* desired, const DesiredKey* key, const KnownKey* known,
                const RowRules& rules) {
    const auto plan = plan_of(desired, key, known, rules);
    KeyRow row;
    row.id = key != nullptr ? key->id : known->id;
    if (key != nullptr) {
        row.in_file = true;
        row.wanted = managed_fields(*key);
        row.file = desired->files()[key->file];
        row.line = key->line;
    }
    if (known != nullptr && known->observed) {
        row.known = Fields{known->observed->name, known->observed->enabled};
        row.known_at = known->observed->observed_at;
    }
    row.state = state_of(plan, row.id, rules);
    explain(row, desired != nullptr, plan, known, rules);
    return row;
}

std::string_view name_of(const DesiredKey* key, const KnownKey* known) noexcept {
    if (key != nullptr && key->name) {
        return *key->name;
    }
    return known != nullptr && known->observed ? std::string_view(known->observed->name) : "";
}

std::string_view name_of(const KeyRow& row) noexcept {
    if (row.wanted.name) {
        return *row.wanted.name;
    }
    return row.known ? std::string_view(*row.known->name) : "";
}

} // namespace apikeyd
