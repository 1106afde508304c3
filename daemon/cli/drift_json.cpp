// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/diagnostic_json.hpp"
#include "daemon/cli/drift_report.hpp"
#include "daemon/cli/drift_words.hpp"
#include "daemon/runtime/json_text.hpp"
#include "daemon/status/upcoming_json.hpp"

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

Poco::JSON::Object::Ptr evidence_of(const DriftReport::Item& item) {
    const std::optional<Observed>& observed = item.change.known.observed;
    auto evidence = ordered_object();
    evidence->set("kind", std::string(to_string(item.evidence)));
    evidence->set("observed_at", json_time(observed ? std::optional(observed->observed_at) : std::nullopt));
    return evidence;
}

Poco::JSON::Object::Ptr fields_of(const Change& change) {
    auto fields = ordered_object();
    set_from_to(*fields, "enabled", change.from.enabled, change.to.enabled);
    set_from_to(*fields, "name", change.from.name, change.to.name);
    return fields;
}

Poco::JSON::Object::Ptr json_of(const DriftReport::Item& item) {
    const Change& change = item.change;
    auto object = ordered_object();
    object->set("id", change.id.to_string());
    object->set("name", text_or_null(item.name));
    object->set("action", std::string(to_string(change.kind())));
    object->set("reason", std::string(to_string(change.reason)));
    object->set("fields", fields_of(change));
    object->set("held", item.held);
    object->set("evidence", evidence_of(item));
    object->set("source", source_json(item.file, item.line));
    return object;
}

Poco::JSON::Object::Ptr json_of(const DriftReport::Note& note) {
    const Change& change = note.item.change;
    const Doubt& doubt = change.known.doubt;
    auto object = ordered_object();
    object->set("id", change.id.to_string());
    object->set("name", text_or_null(note.item.name));
    object->set("why", note.why);
    object->set("fields", fields_of(change));
    object->set("in_doubt_since", json_time(doubt.any() ? std::optional(doubt.since) : std::nullopt));
    object->set("evidence", evidence_of(note.item));
    object->set("source", source_json(note.item.file, note.item.line));
    return object;
}

template <typename T>
Poco::JSON::Array::Ptr array_of(const std::vector<T>& values) {
    Poco::JSON::Array::Ptr array = new Poco::JSON::Array;
    for (const T& value : values) {
        array->add(json_of(value));
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

Poco::JSON::Object::Ptr revision_of(const DriftReport& report) {
    const std::optional<Commit>& commit = report.commit;
    auto revision = ordered_object();
    revision->set("digest", report.revision);
    revision->set("commit", json_or_null(commit ? std::optional(commit->id) : std::nullopt));
    revision->set("author", json_or_null(commit ? std::optional(commit->author) : std::nullopt));
    revision->set("authored_at", json_time(commit ? std::optional(commit->authored_at) : std::nullopt));
    revision->set("subject", json_or_null(commit ? std::optional(commit->subject) : std::nullopt));
    revision->set("uncommitted", json_or_null(commit ? std::optional(commit->uncommitted) : std::nullopt));
    return revision;
}

Poco::Dynamic::Var suspension_of(const DriftReport& report) {
    if (!report.suspension) {
        return {};
    }
    auto suspension = ordered_object();
    suspension->set("since", format_rfc3339(report.suspension->since));
    suspension->set("until", format_rfc3339(report.suspension->until));
    suspension->set("reason", text_or_null(report.suspension->reason));
    suspension->set("by", text_or_null(report.suspension->by));
    return suspension;
}

std::vector<Diagnostic> problems_of(const DriftReport& report) {
    std::vector<Diagnostic> problems;
    for (const std::string& problem : report.problems) {
        problems.emplace_back().message = problem;
    }
    return problems;
}

// What both documents begin with.
Poco::JSON::Object::Ptr document(WallTime generated_at) {
    auto root = ordered_object();
    root->set("format_version", std::string("1.0"));
    root->set("generated_at", format_rfc3339(generated_at));
    return root;
}

} // namespace

std::string render_drift_json(const DriftReport& report) {
    auto root = document(report.generated_at);
    root->set("revision", revision_of(report));
    root->set("summary", summary_of(report));
    root->set("digest", report.plan_digest);
    root->set("hold_digest", text_or_null(approval_digest(report)));
    root->set("approve", approve_json(approval_digest(report)));
    root->set("suspension", suspension_of(report));
    root->set("changes", array_of(report.items));
    root->set("rejected", array_of(report.rejected));
    root->set("unmanaged_doubt", array_of(report.unmanaged_doubt));
    root->set("upcoming", upcoming_json(report.upcoming));
    root->set("errors", diagnostics_json(problems_of(report)));
    return json_text(*root, 2) + "\n";
}

std::string render_drift_errors_json(const std::vector<Diagnostic>& errors, WallTime generated_at) {
    auto root = document(generated_at);
    for (const char* unknown : {"revision", "summary", "digest", "hold_digest", "approve", "suspension"}) {
        root->set(unknown, Poco::Dynamic::Var());
    }
    for (const char* none : {"changes", "rejected", "unmanaged_doubt", "upcoming"}) {
        root->set(none, Poco::JSON::Array::Ptr(new Poco::JSON::Array));
    }
    root->set("errors", diagnostics_json(errors));
    return json_text(*root, 2) + "\n";
}

} // namespace apikeyd
