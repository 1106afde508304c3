// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/drift_report.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/json_text.hpp"
#include "state/state_store.hpp"

#include <Poco/JSON/Array.h>
#include <fmt/format.h>

namespace apikeyd {

namespace {

std::string text_of(const KnownKey& key, WallTime now) {
    std::string line = key.id.to_string();
    if (key.observed) {
        line += fmt::format("  {:<8}  {}  answered {}", key.observed->enabled ? "enabled" : "disabled",
                            visible_text(quote_text(key.observed->name)),
                            describe_age(key.observed->observed_at, now));
    } else {
        line += "  never answered";
    }
    if (key.doubt.any()) {
        const char* fields = key.doubt.name && key.doubt.enabled ? "name and enabled"
                             : key.doubt.name                    ? "name"
                                                                 : "enabled";
        line += fmt::format("  IN DOUBT: {}, sent {}", fields, describe_age(key.doubt.since, now));
    }
    if (key.rejection) {
        line += fmt::format("  REJECTED {}: {}", describe_age(key.rejection->at, now),
                            visible_text(key.rejection->why));
    }
    return line + "\n";
}

std::string text_of(const ReconciliationEntry& entry, WallTime now) {
    const std::string result = entry.finished_at ? entry.result : "not finished";
    return fmt::format(
        "last reconciliation: #{}, {}, begun {}: {} planned, {} applied, {} rejected, {} failed, {} held\n",
        entry.seq, result, describe_age(entry.started_at, now), entry.planned, entry.applied, entry.rejected,
        entry.failed, entry.held);
}

std::string text_of(const HeldPlan& plan, WallTime now) {
    if (plan.approved_at) {
        return fmt::format("approved {}: {} disables, {}\n", describe_age(*plan.approved_at, now),
                           plan.ids.size(), plan.digest);
    }
    return fmt::format("HELD, begun {}: {}; let them go with: apikeyd approve {}\n",
                       describe_age(plan.since, now), plan.why,
                       plan.digest.substr(plan.digest.find(':') + 1, 12));
}

Poco::JSON::Object::Ptr json_of(const HeldPlan& plan) {
    auto object = ordered_object();
    object->set("digest", plan.digest);
    object->set("revision", plan.revision);
    object->set("why", plan.why);
    object->set("since", format_rfc3339(plan.since));
    object->set("approved_at", json_time(plan.approved_at));
    Poco::JSON::Array::Ptr ids = new Poco::JSON::Array;
    for (const KeyId& id : plan.ids) {
        ids->add(id.to_string());
    }
    object->set("ids", ids);
    return object;
}

Poco::JSON::Object::Ptr json_of(const KnownKey& key) {
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

std::string render_text(StateStore& store, WallTime now) {
    std::string text;
    const auto keys = store.known();
    while (const KnownKey* key = keys->next()) {
        text += text_of(*key, now);
    }
    const StateCounts counts = store.counts();
    text +=
        fmt::format("{} known, {} in doubt, {} rejected\n", counts.known, counts.in_doubt, counts.rejected);
    if (const auto held = store.held_plan()) {
        text += text_of(*held, now);
    }
    if (const auto last = store.last_reconciliation()) {
        text += text_of(*last, now);
    }
    return text;
}

std::string render_json(StateStore& store, WallTime now) {
    auto root = ordered_object();
    root->set("format_version", std::string("1.0"));
    root->set("generated_at", format_rfc3339(now));
    const StateCounts counts = store.counts();
    auto summary = ordered_object();
    summary->set("known", counts.known);
    summary->set("in_doubt", counts.in_doubt);
    summary->set("rejected", counts.rejected);
    const auto held = store.held_plan();
    summary->set("held", held && !held->approved_at ? held->ids.size() : 0);
    root->set("summary", summary);
    root->set("held_plan", held ? Poco::Dynamic::Var(json_of(*held)) : Poco::Dynamic::Var());
    const auto last = store.last_reconciliation();
    root->set("last_reconciliation", last ? Poco::Dynamic::Var(json_of(*last)) : Poco::Dynamic::Var());
    Poco::JSON::Array::Ptr array = new Poco::JSON::Array;
    const auto keys = store.known();
    while (const KnownKey* key = keys->next()) {
        array->add(json_of(*key));
    }
    root->set("keys", array);
    return json_text(*root, 2) + "\n";
}

} // namespace

int status_command(const CommandLine& line) {
    const Settings settings = require_settings(line);
    auto store = StateStore::open_reader(settings.state);
    if (!store) {
        throw CommandError(exit_error, settings.state +
                                           ": there is no state yet; `apikeyd run` or `apikeyd apply` "
                                           "makes it, or name another with --state");
    }
    if (!line.quiet) {
        const WallTime now = current_time().wall;
        print(line.format == OutputFormat::json ? render_json(*store, now) : render_text(*store, now));
    }
    return exit_ok;
}

} // namespace apikeyd
