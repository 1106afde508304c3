// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/history_report.hpp"
#include "daemon/runtime/json_text.hpp"
#include "daemon/status/history_words.hpp"
#include "daemon/status/json_rows.hpp"

#include <Poco/JSON/Array.h>

#include <string_view>

namespace apikeyd {

namespace {

using Object = Poco::JSON::Object::Ptr;
using Poco::Dynamic::Var;

Var text_or_null(const std::string& text) {
    return text.empty() ? Var() : Var(text);
}

Object object_of(const std::optional<std::string>& name, const std::optional<bool>& enabled) {
    auto object = ordered_object();
    object->set("name", json_or_null(name));
    object->set("enabled", json_or_null(enabled));
    return object;
}

// Only what was sent; a field that wasn't is left out.
Object asked_of(const Fields& asked) {
    auto object = ordered_object();
    if (asked.name) {
        object->set("name", *asked.name);
    }
    if (asked.enabled) {
        object->set("enabled", *asked.enabled);
    }
    return object;
}

Poco::JSON::Array::Ptr names_of(const ForeignChange& foreign) {
    Poco::JSON::Array::Ptr names = new Poco::JSON::Array;
    if (foreign.enabled) {
        names->add(std::string("enabled"));
    }
    if (foreign.name) {
        names->add(std::string("name"));
    }
    return names;
}

Var commit_of(const std::string& reference, const std::map<std::string, Commit>& commits) {
    const auto found = commits.find(reference);
    if (found == commits.end()) {
        return {};
    }
    const Commit& commit = found->second;
    auto object = ordered_object();
    object->set("id", commit.id);
    object->set("author", commit.author);
    object->set("authored_at", format_rfc3339(commit.authored_at));
    object->set("subject", commit.subject);
    object->set("uncommitted", commit.uncommitted);
    return object;
}

Object json_of(const HistoryEntry& entry, const std::map<std::string, Commit>& commits) {
    auto object = ordered_object();
    object->set("seq", entry.seq);
    object->set("at", format_rfc3339(entry.at));
    object->set("id", entry.id ? Var(entry.id->to_string()) : Var());
    object->set("reconciliation", entry.reconciliation > 0 ? Var(entry.reconciliation) : Var());
    object->set("reason", entry.reason);
    object->set("asked", asked_of(entry.asked));
    object->set("before", object_of(entry.before_name, entry.before_enabled));
    object->set("after", object_of(entry.after_name, entry.after_enabled));
    object->set("changed_by_someone_else", names_of(foreign_change(entry)));
    object->set("outcome", text_or_null(entry.outcome));
    object->set("http_status", entry.http_status > 0 ? Var(entry.http_status) : Var());
    object->set("attempt", entry.attempt);
    object->set("duration_ms", static_cast<std::int64_t>(entry.duration.count()));
    object->set("source", text_or_null(entry.source));
    object->set("revision", text_or_null(entry.revision));
    object->set("commit", commit_of(entry.commit, commits));
    object->set("actor", text_or_null(entry.actor));
    object->set("detail", entry.detail);
    return object;
}

const char* to_string(HistoryFault::Kind kind) {
    switch (kind) {
    case HistoryFault::Kind::changed:
        return "changed";
    case HistoryFault::Kind::missing:
        return "missing";
    case HistoryFault::Kind::added:
        return "added";
    case HistoryFault::Kind::head_missing:
        return "head_missing";
    case HistoryFault::Kind::anchor_changed:
        return "anchor_changed";
    }
    return "";
}

Object head_of(WallTime now) {
    auto root = ordered_object();
    root->set("format_version", std::string("1.0"));
    root->set("generated_at", format_rfc3339(now));
    return root;
}

} // namespace

std::string render_history_json(const HistoryReport& report) {
    auto root = head_of(report.generated_at);
    root->set("more", report.more);
    auto next = report.entries.begin();
    return json_with_rows(*root, "entries", [&] {
        return next == report.entries.end() ? Object{} : json_of(*next++, report.commits);
    });
}

std::string render_verdict_json(const HistoryVerdict& verdict, WallTime now) {
    auto root = head_of(now);
    root->set("intact", !verdict.fault);
    root->set("rows", verdict.rows);
    root->set("first_seq", verdict.rows > 0 ? Var(verdict.first_seq) : Var());
    root->set("last_seq", verdict.rows > 0 ? Var(verdict.last_seq) : Var());
    root->set("pruned_to", json_or_null(verdict.pruned_to));
    root->set("unchained", verdict.unchained);
    root->set("head", verdict.head);
    if (verdict.fault) {
        auto fault = ordered_object();
        fault->set("kind", std::string(to_string(verdict.fault->kind)));
        fault->set("seq", verdict.fault->seq > 0 ? Var(verdict.fault->seq) : Var());
        root->set("fault", fault);
    } else {
        root->set("fault", Var());
    }
    return json_text(*root, 2) + "\n";
}

} // namespace apikeyd
