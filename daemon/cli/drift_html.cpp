// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/drift_words.hpp"
#include "daemon/status/html_style.hpp"
#include "daemon/status/html_text.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace apikeyd {

namespace {

const char* tone_of(const DriftReport::Item& item) {
    return item.held ? "red" : item.change.reason == Reason::first_seen ? "blue" : "amber";
}

std::string key_cell(std::string_view sign, const char* tone, const std::string& name, const KeyId& id) {
    return fmt::format("<th scope=\"row\"><div class=\"key\"><span class=\"sign {}\">{}</span><div>"
                       "<span class=\"name\">{}</span> {}</div></div></th>",
                       tone, html_escaped(sign), name.empty() ? "(name not known)" : html_name(name),
                       html_code(id.to_string()));
}

std::string cell(std::string_view label, const std::string& content) {
    return fmt::format("<td data-label=\"{}\"><div>{}</div></td>", label, content);
}

std::string source_cell(const std::string& file, std::uint32_t line) {
    const std::string source = source_of(file, line);
    return cell("source", file.empty() ? "<span class=\"dim\">" + source + "</span>" : html_code(source));
}

const char* tone_of(const FieldChange& field) {
    return field.is_text ? "blue" : field.to == "true" ? "green" : "red";
}

std::string change_of(const Change& change) {
    std::string text;
    for (const FieldChange& field : field_changes(change)) {
        text += fmt::format("<div class=\"field\"><i>{}</i><span class=\"from\">{}</span> → "
                            "<span class=\"to {}\">{}</span></div>",
                            field.field, field.from ? html_name(*field.from) : "?", tone_of(field),
                            html_name(field.to));
    }
    return text;
}

std::string evidence_of(const DriftReport::Item& item, WallTime now) {
    const std::string text = describe_evidence(item, now);
    return item.change.known.observed ? text + html_time(item.change.known.observed->observed_at) : text;
}

std::string row_of(const DriftReport::Item& item, WallTime now) {
    return "<tr>" + key_cell(sign_of(item), tone_of(item), item.name, item.change.id) +
           cell("change", change_of(item.change)) +
           cell("reason", html_escaped(describe_reason(item.change, now)) +
                              (item.held ? " <span class=\"badge red\">held</span>" : "")) +
           cell("evidence", evidence_of(item, now)) + source_cell(item.file, item.line) + "</tr>\n";
}

// `kind` decides how wide its columns are.
std::string table(const char* kind, const std::string& caption, const std::vector<const char*>& header,
                  const std::string& rows) {
    std::string head;
    for (const char* one : header) {
        head += fmt::format("<th scope=\"col\">{}</th>", one);
    }
    return fmt::format("<section><table class=\"{}\">\n<caption>{}</caption>\n<thead><tr>{}</tr></thead>\n"
                       "<tbody>\n{}</tbody>\n</table></section>\n",
                       kind, caption, head, rows);
}

std::string caption(std::string_view title, std::uint64_t count, std::uint64_t held = 0) {
    return fmt::format("{} <span class=\"badge\">{}</span>{}", title, count,
                       held == 0 ? "" : fmt::format(" <span class=\"badge red\">{} held</span>", held));
}

std::string change_tables(const DriftReport& report) {
    std::string text;
    for (const DriftGroup& group : group_items(report)) {
        std::string rows;
        for (const DriftReport::Item* item : group.items) {
            rows += row_of(*item, report.generated_at);
        }
        text += table("changes", caption(to_string(group.kind), group.items.size(), group.held),
                      {"key", "change", "reason", "evidence", "source"}, rows);
    }
    return text;
}

std::string row_of(const DriftReport::Note& note, const char* sign, const char* tone, bool changes,
                   WallTime now) {
    const DriftReport::Item& item = note.item;
    return "<tr>" + key_cell(sign, tone, item.name, item.change.id) +
           (changes ? cell("change", change_of(item.change)) : "") +
           cell("why", html_isolated(describe_note(note, now))) + cell("evidence", evidence_of(item, now)) +
           source_cell(item.file, item.line) + "</tr>\n";
}

// `changes`: whether there is something that the file wants of the keys.
std::string note_table(const char* title, const char* sign, const char* tone, bool changes,
                       const std::vector<DriftReport::Note>& notes, WallTime now) {
    std::string rows;
    for (const DriftReport::Note& note : notes) {
        rows += row_of(note, sign, tone, changes, now);
    }
    std::vector<const char*> header{"key", "change", "why", "evidence", "source"};
    if (!changes) {
        header.erase(header.begin() + 1);
    }
    return rows.empty() ? ""
                        : table(changes ? "refusals" : "doubts", caption(title, notes.size()), header, rows);
}

std::string upcoming_table(const DriftReport& report) {
    std::string rows;
    for (const DriftReport::Upcoming& coming : report.upcoming) {
        rows += "<tr>" + key_cell(">", "violet", coming.name, coming.id) +
                cell("action", coming.enabled ? "enable" : "disable") +
                cell("when", describe_wait(coming.at, report.generated_at) + html_time(coming.at)) +
                source_cell(coming.file, coming.line) + "</tr>\n";
    }
    return rows.empty() ? ""
                        : table("notes", caption("coming", report.upcoming.size()),
                                {"key", "action", "when", "source"}, rows);
}

struct Count {
    const char* label;
    std::uint64_t count;
    const char* tone;
};

// The five of which each managed key is in exactly one.
std::array<Count, 5> standings(const PlanCounts& counts) {
    return {{{"in sync", counts.in_sync, "green"},
             {"drifted", counts.drifted, "amber"},
             {"not seen yet", counts.unknown, "blue"},
             {"in doubt", counts.in_doubt, "violet"},
             {"rejected", counts.rejected, "red"}}};
}

std::string card(const Count& count, const std::string& note = {}) {
    return fmt::format("<div class=\"{}\"><dt>{}</dt><dd class=\"count{}\">{}</dd>{}</div>\n", count.tone,
                       count.label, count.count == 0 ? " zero" : "", count.count,
                       note.empty() ? "" : "<dd class=\"note\">" + note + "</dd>");
}

std::string cards(const DriftReport& report) {
    std::string text = "<dl class=\"cards\">\n" + card({"managed keys", report.counts.managed, ""});
    std::string bar;
    for (const Count& count : standings(report.counts)) {
        const bool aged = count.label == std::string_view("in sync") && report.oldest_evidence;
        text +=
            card(count, aged ? "oldest " + describe_age(*report.oldest_evidence, report.generated_at) : "");
        if (count.count > 0) {
            bar += fmt::format("<span class=\"{}\" style=\"flex-grow:{}\"></span>", count.tone, count.count);
        }
    }
    return text + card({"held", report.held, "red"}) + "</dl>\n" +
           (bar.empty() ? "" : "<div class=\"bar\" aria-hidden=\"true\">" + bar + "</div>\n");
}

std::string approval_of(const DriftReport& report) {
    const std::string digest = approval_digest(report);
    if (digest.empty()) {
        return {};
    }
    const auto [daemon, pipeline] = approve_commands(digest);
    return fmt::format(" Let them go with the daemon: {}; in a pipeline: {}", html_code(daemon),
                       html_code(pipeline));
}

std::string notices(const DriftReport& report) {
    std::string text;
    for (const std::string& problem : report.problems) {
        text += fmt::format("<div class=\"notice red\"><p><b>Problem</b>: {}</p></div>\n",
                            html_isolated(problem));
    }
    if (report.suspension) {
        const Suspension& pause = *report.suspension;
        text +=
            fmt::format("<div class=\"notice violet\"><p><b>Suspended</b> until {} ({}){}{}. Nothing is sent."
                        "</p></div>\n",
                        html_time(pause.until), describe_wait(pause.until, report.generated_at),
                        pause.by.empty() ? "" : " by " + html_isolated(pause.by),
                        pause.reason.empty() ? "" : ": " + html_isolated(pause.reason));
    }
    if (const std::string held = describe_hold(report); !held.empty()) {
        text += fmt::format("<div class=\"notice red\"><p><b>Held</b>: {}.{}</p></div>\n", held,
                            approval_of(report));
    }
    return text;
}

std::string banner(const char* tone, const char* mark, const std::string& verdict, const std::string& line) {
    return fmt::format(
        "<div class=\"banner {}\"><div class=\"mark\" aria-hidden=\"true\">{}</div><div><h1>{}</h1>"
        "<p>{}</p></div></div>\n",
        tone, mark, verdict, line);
}

std::string footer(const DriftReport& report) {
    std::string text = "<footer><dl>\n<dt>revision</dt><dd>" + html_code(report.revision) + "</dd>\n";
    if (report.commit) {
        const Commit& commit = *report.commit;
        text += fmt::format("<dt>commit</dt><dd>{} {}, by {}, {}{}</dd>\n", html_code(commit.id),
                            html_isolated(commit.subject), html_isolated(commit.author),
                            html_time(commit.authored_at),
                            commit.uncommitted ? "; and edits that are not committed" : "");
    }
    return text + "<dt>plan</dt><dd>" + html_code(report.plan_digest) + "</dd>\n</dl></footer>\n";
}

std::string page(const std::string& verdict, WallTime generated_at, const std::string& content) {
    return fmt::format(
        R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>API keys: {}</title>
<style>{}</style>
</head>
<body>
<main>
<header class="top"><span><b>apikeyd</b> drift report</span>{}</header>
{}</main>
</body>
</html>
)",
        verdict, html_style, html_time(generated_at), content);
}

} // namespace

std::string render_drift_html(const DriftReport& report) {
    const std::string verdict = describe_verdict(report);
    const bool refused = report.held > 0 || !report.rejected.empty() || !report.problems.empty();
    const auto [tone, mark] = report.in_sync() ? std::pair{"green", "✓"}
                              : refused        ? std::pair{"red", "!"}
                                               : std::pair{"amber", "≠"};
    return page(verdict, report.generated_at,
                banner(tone, mark, verdict, describe_summary(report) + ".") + cards(report) +
                    notices(report) + change_tables(report) +
                    note_table("rejected", "×", "red", true, report.rejected, report.generated_at) +
                    note_table("in doubt, no longer managed", "?", "violet", false, report.unmanaged_doubt,
                               report.generated_at) +
                    upcoming_table(report) + footer(report));
}

std::string render_drift_errors_html(const std::vector<Diagnostic>& errors, WallTime generated_at) {
    std::string list = "<ul class=\"errors\">\n";
    for (const Diagnostic& error : errors) {
        std::string text = render_diagnostic(error, false);
        std::string lines;
        for (std::size_t start = 0; start < text.size();) { // html_escaped() would make line ends visible
            const std::size_t end = text.find('\n', start);
            lines += html_escaped(std::string_view(text).substr(start, end - start)) + "\n";
            start = end + 1;
        }
        list += fmt::format("<li class=\"{}\"><pre>{}</pre></li>\n",
                            error.severity == Severity::error ? "red" : "amber", lines);
    }
    const std::string verdict = count_errors(errors);
    return page(
        verdict, generated_at,
        banner("red", "!", verdict, "There is no report without a file and a state that can be used.") +
            list + "</ul>\n");
}

} // namespace apikeyd
