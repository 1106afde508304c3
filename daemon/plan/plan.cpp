// SPDX-License-Identifier: Apache-2.0
#include "daemon/plan/plan.hpp"

#include "config/secret.hpp"

#include <algorithm>
#include <utility>

namespace apikeyd {

namespace {

// The fields that must be sent: those in doubt, and those that were answered otherwise. With no answer, all.
Fields fields_to_send(const DesiredKey& desired, const KnownKey& known) {
    Fields to = managed_fields(desired);
    if (!known.observed) {
        return to;
    }
    if (to.name && !known.doubt.name && *to.name == known.observed->name) {
        to.name.reset();
    }
    if (to.enabled && !known.doubt.enabled && *to.enabled == known.observed->enabled) {
        to.enabled.reset();
    }
    return to;
}

// What is known for certain of the fields in `to`.
Fields certain_values(const Fields& to, const KnownKey& known) {
    Fields from;
    if (known.observed && to.name && !known.doubt.name) {
        from.name = known.observed->name;
    }
    if (known.observed && to.enabled && !known.doubt.enabled) {
        from.enabled = known.observed->enabled;
    }
    return from;
}

bool sends_a_doubt(const Fields& to, const Doubt& doubt) {
    return (to.name && doubt.name) || (to.enabled && doubt.enabled);
}

std::pair<Reason, Standing> why(const Fields& to, const KnownKey& known, std::optional<WallTime> turned_at) {
    if (sends_a_doubt(to, known.doubt)) {
        return {Reason::in_doubt, Standing::in_doubt};
    }
    if (!known.observed) {
        return {Reason::first_seen, Standing::unknown};
    }
    const bool scheduled = to.enabled && turned_at && known.observed->observed_at < *turned_at;
    return {scheduled ? Reason::scheduled : Reason::changed, Standing::drifted};
}

void count(PlanCounts& counts, Standing standing) {
    ++counts.managed;
    switch (standing) {
    case Standing::in_sync:
        ++counts.in_sync;
        break;
    case Standing::drifted:
        ++counts.drifted;
        break;
    case Standing::unknown:
        ++counts.unknown;
        break;
    case Standing::in_doubt:
        ++counts.in_doubt;
        break;
    case Standing::rejected:
        ++counts.rejected;
        break;
    }
}

std::string doubtful_fields(const Doubt& doubt) {
    if (doubt.name && doubt.enabled) {
        return "name and enabled";
    }
    return doubt.name ? "name" : "enabled";
}

// A doubt in fields that the file doesn't manage stays, and is told: touching it would be overreaching.
void note_unmanaged_doubt(Plan& plan, const DesiredKey* desired, const KnownKey& known,
                          const std::string& source) {
    Doubt unmanaged = known.doubt;
    unmanaged.name = unmanaged.name && !(desired != nullptr && desired->name);
    unmanaged.enabled = unmanaged.enabled && !(desired != nullptr && desired->enabled);
    if (unmanaged.any()) {
        plan.unmanaged_doubt.push_back({known.id,
                                        source,
                                        "an earlier change of " + doubtful_fields(unmanaged) +
                                            " was not answered, and the file no longer manages it",
                                        {},
                                        {},
                                        known});
    }
}

void note_rejected(Plan& plan, const KnownKey& known, std::string source, Fields to) {
    Fields from = certain_values(to, known);
    plan.rejected.push_back(
        {known.id, std::move(source), known.rejection->why, std::move(to), std::move(from), known});
}

// What was refused is worth a new try once the file has asked for something else in between.
void note_lapsed(Plan& plan, const KnownKey& known, const Fields& wanted) {
    if (known.rejection && known.rejection->desired != wanted) {
        plan.lapsed.push_back(known);
        plan.lapsed.back().rejection.reset();
    }
}

void add_key(Plan& plan, const DesiredState& desired, const DesiredKey& key, const KnownKey* known) {
    if (known != nullptr) {
        note_unmanaged_doubt(plan, &key, *known, known->doubt.any() ? desired.where(key) : std::string{});
        note_lapsed(plan, *known, managed_fields(key));
    }
    if (!key.name && !key.enabled) {
        return;
    }
    KeyPlan key_plan = plan_key(desired, key, known);
    count(plan.counts, key_plan.standing);
    if (key_plan.standing == Standing::in_sync) {
        const WallTime evidence = known->observed->observed_at;
        plan.oldest_evidence = plan.oldest_evidence ? std::min(*plan.oldest_evidence, evidence) : evidence;
    } else if (key_plan.standing == Standing::rejected) {
        note_rejected(plan, *known, desired.where(key), fields_to_send(key, *known));
    }
    if (key_plan.change) {
        plan.changes.push_back(std::move(*key_plan.change));
    }
}

void add_removed_key(Plan& plan, const KnownKey& known) {
    KeyPlan key_plan = plan_removed_key(known);
    if (key_plan.change) {
        ++plan.counts.removed;
        plan.changes.push_back(std::move(*key_plan.change));
    } else if (key_plan.standing == Standing::rejected) {
        note_rejected(plan, known, "", {std::nullopt, false});
    }
}

// A known key that the file doesn't name.
void add_unnamed(Plan& plan, const KnownKey& known, const PlanOptions& options) {
    note_lapsed(plan, known, options.disable_removed ? Fields{std::nullopt, false} : Fields{});
    if (options.disable_removed) {
        add_removed_key(plan, known);
    } else {
        note_unmanaged_doubt(plan, nullptr, known, {});
    }
}

// The known keys on their way past the planner, which notices our own among them.
class Passing {
  public:
    Passing(KnownSequence& keys, const OwnKey& own)
        : keys_(keys)
        , own_(own)
        , own_id_(own.id) {
        advance();
    }

    const KnownKey* current() const { return current_; }
    void advance() {
        current_ = keys_.next();
        if (current_ != nullptr && !own_id_ && own_.is(current_->id, current_->observed)) {
            own_id_ = current_->id;
        }
    }
    const std::optional<KeyId>& own_id() const { return own_id_; }

  private:
    KnownSequence& keys_;
    const OwnKey& own_;
    std::optional<KeyId> own_id_;
    const KnownKey* current_ = nullptr;
};

// Lengths before texts: no two different lists give the same bytes.
void digest_fields(Sha256& digest, const Fields& fields) {
    digest.update(fields.enabled ? (*fields.enabled ? "e" : "d") : "-");
    digest.update(fields.name ? std::to_string(fields.name->size()) + ":" + *fields.name : "-");
}

} // namespace

int sending_rank(const Change& change) noexcept {
    if (!change.to.enabled) {
        return 1;
    }
    return *change.to.enabled ? 0 : 2;
}

Fields managed_fields(const DesiredKey& desired) {
    Fields fields;
    if (desired.name) {
        fields.name.emplace(*desired.name);
    }
    fields.enabled = desired.enabled;
    return fields;
}

KeyPlan plan_key(const DesiredState& desired, const DesiredKey& key, const KnownKey* known) {
    KnownKey basis;
    if (known != nullptr) {
        basis = *known;
    }
    basis.id = key.id;
    if (basis.rejection && basis.rejection->desired != managed_fields(key)) {
        basis.rejection.reset(); // lapsed
    }
    if (basis.rejection && (key.name || key.enabled)) {
        return {Standing::rejected, std::nullopt}; // also where it is as wanted, and was refused since
    }
    Fields to = fields_to_send(key, basis);
    if (to.empty()) {
        return {};
    }
    const auto [reason, standing] = why(to, basis, desired.turned_at(key));
    Fields from = certain_values(to, basis);
    return {standing, Change{key.id, std::move(to), std::move(from), reason, desired.where(key), basis}};
}

KeyPlan plan_removed_key(const KnownKey& known) {
    const Fields wanted{std::nullopt, false};
    if (!may_be_enabled(known)) {
        return {};
    }
    if (known.rejection && known.rejection->desired == wanted) {
        return {Standing::rejected, std::nullopt};
    }
    return {Standing::drifted,
            Change{known.id, wanted, certain_values(wanted, known), Reason::removed, "", known}};
}

std::optional<Change> plan_assertion(const DesiredKey& desired, const KnownKey& known,
                                     const std::string& source) {
    Fields to = managed_fields(desired);
    if (to.empty() || (known.rejection && known.rejection->desired == to)) {
        return std::nullopt;
    }
    Fields from = certain_values(to, known);
    return Change{desired.id, std::move(to), std::move(from), Reason::resync, source, known};
}

Plan make_plan(const DesiredState& desired, KnownSequence& known_keys, const PlanOptions& options) {
    Plan plan;
    Passing known(known_keys, options.own);
    for (const DesiredKey& key : desired.keys()) {
        for (; known.current() != nullptr && known.current()->id < key.id; known.advance()) {
            add_unnamed(plan, *known.current(), options);
        }
        const bool is_known = known.current() != nullptr && known.current()->id == key.id;
        add_key(plan, desired, key, is_known ? known.current() : nullptr);
        if (is_known) {
            known.advance();
        }
    }
    for (; known.current() != nullptr; known.advance()) {
        add_unnamed(plan, *known.current(), options);
    }
    plan.own_id = known.own_id();
    std::ranges::stable_sort(plan.changes, {}, sending_rank);
    plan.digest = plan_digest(plan.changes);
    return plan;
}

std::vector<Change> plan_probes(const DesiredState& desired, KnownSequence& known_keys) {
    std::vector<Change> probes;
    const KnownKey* known = known_keys.next();
    for (const DesiredKey& key : desired.keys()) {
        while (known != nullptr && known->id < key.id) {
            known = known_keys.next();
        }
        if (!key.name && !key.enabled) {
            continue;
        }
        probes.push_back(plan_probe(desired, key, known != nullptr && known->id == key.id ? known : nullptr));
    }
    return probes;
}

Change plan_probe(const DesiredState& desired, const DesiredKey& key, const KnownKey* known) {
    Change probe;
    probe.id = probe.known.id = key.id;
    probe.reason = Reason::probe;
    probe.source = desired.where(key);
    if (known != nullptr) {
        probe.known = *known;
    }
    return probe;
}

std::string plan_digest(const std::vector<Change>& changes) {
    Sha256 digest;
    for (const Change& change : changes) {
        digest.update(change.id.to_string());
        digest_fields(digest, change.from);
        digest_fields(digest, change.to);
    }
    return digest.finish();
}

} // namespace apikeyd
