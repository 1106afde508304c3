// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/json_text.hpp"
#include "daemon/status/json_rows.hpp"
#include "daemon/status/status_report.hpp"
#include "daemon/status/upcoming_json.hpp"

#include <Poco/JSON/Array.h>

#include <algorithm>
#include <span>

namespace apikeyd {

namespace {

Poco::JSON::Object::Ptr json_of(const HeldPlan& plan, std::size_t most_ids) {
    auto object = ordered_object();
    object->set("digest", plan.digest);
    object->set("revision", plan.revision);
    object->set("why", plan.why);
    object->set("since", format_rfc3339(plan.since));
    object->set("approved_at", json_time(plan.approved_at));
    object->set("approve", approve_json(plan.approved_at ? "" : plan.digest));
    Poco::JSON::Array::Ptr ids = new Poco::JSON::Array;
    for (const KeyId& id : std::span(plan.ids).first(std::min(plan.ids.size(), most_ids))) {
        ids->add(id.to_string());
    }
    object->set("count", plan.ids.size());
    object->set("ids", ids);
    return object;
}

Poco::JSON::Object::Ptr json_of(const KnownKey& key, bool held) {
    auto object = ordered_object();
    object->set("id", key.id.to_string());
    object->set("name", key.observed ? Poco::Dynamic::Var(key.observed->name) : Poco::Dynamic::Var());
    object->set("enabled", key.observed ? Poco::Dynamic::Var(key.observed->enabled) : Poco::Dynamic::Var());
    object->set("observed_at",
                json_time(key.observed ? std::optional(key.observed->observed_at) : std::nullopt));
    Poco::JSON::Array::Ptr doubt = new Poco::JSON::Array;
    if (key.doubt.enabled) {
        doubt->add(std::string("enabled"));
    }
    if (key.doubt.name) {
        doubt->add(std::string("name"));
    }
    object->set("in_doubt", doubt);
    object->set("in_doubt_since", json_time(key.doubt.any() ? std::optional(key.doubt.since) : std::nullopt));
    object->set("rejected", key.rejection ? Poco::Dynamic::Var(key.rejection->why) : Poco::Dynamic::Var());
    object->set("rejected_at", json_time(key.rejection ? std::optional(key.rejection->at) : std::nullopt));
    object->set("held", held);
    return object;
}

Poco::JSON::Object::Ptr json_of(const ReconciliationEntry& entry) {
    auto object = ordered_object();
    object->set("number", entry.seq);
    object->set("started_at", format_rfc3339(entry.started_at));
    object->set("finished_at", json_time(entry.finished_at));
    object->set("result", json_or_null(entry.finished_at ? std::optional(entry.result) : std::nullopt));
    object->set("revision", entry.revision);
    object->set("planned", entry.planned);
    object->set("applied", entry.applied);
    object->set("rejected", entry.rejected);
    object->set("failed", entry.failed);
    object->set("held", entry.held);
    return object;
}

Poco::JSON::Object::Ptr json_of(const Suspension& suspension) {
    auto object = ordered_object();
    object->set("since", format_rfc3339(suspension.since));
    object->set("until", format_rfc3339(suspension.until));
    object->set("reason", suspension.reason);
    object->set("by", suspension.by);
    return object;
}

template <typename T>
Poco::Dynamic::Var object_or_null(const std::optional<T>& value) {
    return value ? Poco::Dynamic::Var(json_of(*value)) : Poco::Dynamic::Var();
}

} // namespace

std::string render_status_json(const StatusReport& report, const KeySource& next, JsonLayout layout) {
    auto summary = ordered_object();
    summary->set("known", report.counts.known);
    summary->set("in_doubt", report.counts.in_doubt);
    summary->set("rejected", report.counts.rejected);
    summary->set("held", report.held_count());
    auto root = ordered_object();
    root->set("format_version", std::string("1.0"));
    root->set("generated_at", format_rfc3339(report.generated_at));
    if (report.running) {
        root->set("verdict", report.running->verdict);
        root->set("sentence", report.running->sentence);
        root->set("since", format_rfc3339(report.running->since));
    }
    root->set("summary", summary);
    root->set("suspension", object_or_null(report.suspension));
    root->set("held_plan", report.held ? Poco::Dynamic::Var(json_of(*report.held, report.most_listed))
                                       : Poco::Dynamic::Var());
    root->set("last_reconciliation", object_or_null(report.last));
    root->set("upcoming",
              report.upcoming ? Poco::Dynamic::Var(upcoming_json(*report.upcoming)) : Poco::Dynamic::Var());
    if (report.next_after) {
        const auto& next_after = *report.next_after;
        root->set("next_after",
                  json_or_null(next_after ? std::optional(next_after->to_string()) : std::nullopt));
    }
    return json_with_rows(
        *root, "keys",
        [&] {
            const KnownKey* key = next();
            return key == nullptr ? Poco::JSON::Object::Ptr{} : json_of(*key, report.holds(key->id));
        },
        layout);
}

} // namespace apikeyd
