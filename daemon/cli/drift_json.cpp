// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/drift_report.hpp"
#include "daemon/runtime/json_text.hpp"

#include <Poco/JSON/Array.h>

namespace apikeyd {

namespace {

template <typename T>
void set_from_to(Poco::JSON::Object& fields, const char* name, const std::optional<T>& from,
                 const std::optional<T>& to) {
    if (to) {
        auto pair = ordered_object();
        pair->set("from", json_or_null(from));
        pair->set("to", json_or_null(to));
        fields.set(name, pair);
    }
}

Poco::JSON::Object::Ptr evidence_of(const KnownKey& known) {
    auto evidence = ordered_object();
    evidence->set("kind", std::string(known.observed ? "recorded" : "none"));
    evidence->set("observed_at",
                  json_time(known.observed ? std::optional(known.observed->observed_at) : std::nullopt));
    return evidence;
}

Poco::JSON::Object::Ptr json_of(const DriftReport::Item& item) {
    const Change& change = item.change;
    auto object = ordered_object();
    object->set("id", change.id.to_string());
    object->set("name", json_or_null(item.name.empty() ? std::nullopt : std::optional(item.name)));
    object->set("action", std::string(to_string(change.kind())));
    object->set("reason", std::string(to_string(change.reason)));
    auto fields = ordered_object();
    set_from_to(*fields, "enabled", change.from.enabled, change.to.enabled);
    set_from_to(*fields, "name", change.from.name, change.to.name);
    object->set("fields", fields);
    object->set("held", item.held);
    object->set("evidence", evidence_of(change.known));
    auto source = ordered_object();
    source->set("file", item.file);
    source->set("line", item.line);
    object->set("source", source);
    return object;
}

Poco::JSON::Array::Ptr json_of(const std::vector<KeyNote>& notes) {
    Poco::JSON::Array::Ptr array = new Poco::JSON::Array;
    for (const KeyNote& note : notes) {
        auto object = ordered_object();
        object->set("id", note.id.to_string());
        object->set("why", note.why);
        object->set("source", json_or_null(note.source.empty() ? std::nullopt : std::optional(note.source)));
        array->add(object);
    }
    return array;
}

Poco::JSON::Object::Ptr summary_of(const DriftReport& report) {
    auto summary = ordered_object();
    summary->set("managed", report.counts.managed);
    summary->set("in_sync", report.counts.in_sync);
    summary->set("drifted", report.counts.drifted);
    summary->set("unknown", report.counts.unknown);
    summary->set("in_doubt", report.counts.in_doubt);
    summary->set("rejected", report.counts.rejected);
    summary->set("held", report.held);
    summary->set("oldest_evidence_at", json_time(report.oldest_evidence));
    return summary;
}

} // namespace

std::string render_drift_json(const DriftReport& report) {
    auto root = ordered_object();
    root->set("format_version", std::string("1.0"));
    root->set("generated_at", format_rfc3339(report.generated_at));
    auto revision = ordered_object();
    revision->set("digest", report.revision);
    revision->set("commit", Poco::Dynamic::Var());
    root->set("revision", revision);
    root->set("summary", summary_of(report));
    root->set("digest", report.plan_digest);
    root->set("hold_digest",
              json_or_null(report.hold_digest.empty() ? std::nullopt : std::optional(report.hold_digest)));
    Poco::JSON::Array::Ptr changes = new Poco::JSON::Array;
    for (const DriftReport::Item& item : report.items) {
        changes->add(json_of(item));
    }
    root->set("changes", changes);
    root->set("rejected", json_of(report.rejected));
    root->set("unmanaged_doubt", json_of(report.unmanaged_doubt));
    return json_text(*root, 2) + "\n";
}

} // namespace apikeyd
