// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/html_text.hpp"
#include "daemon/status/page_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace apikeyd {

namespace {

std::string option(std::string_view value, std::string_view label, bool selected) {
    return fmt::format("<option value=\"{}\"{}>{}</option>", value, selected ? " selected" : "", label);
}

std::string state_options(const KeyQuery& query) {
    const std::string_view chosen = state_word(query);
    std::string text = option("", "all", chosen.empty()) + option("managed", "managed", query.managed);
    for (std::size_t n = 0; n < row_states; ++n) {
        const auto state = static_cast<RowState>(n);
        text += option(to_string(state), label_of(state), query.state == state);
    }
    return text;
}

std::string sort_options(const KeyQuery& query) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 10> orders{
        {{"state", "trouble first"},
         {"-state", "trouble last"},
         {"name", "name"},
         {"-name", "name, backwards"},
         {"id", "id"},
         {"-id", "id, backwards"},
         {"evidence", "oldest answer first"},
         {"-evidence", "newest answer first"},
         {"source", "as in the file"},
         {"-source", "as in the file, backwards"}}};
    const std::string chosen = sort_word(query);
    std::string text;
    for (const auto& [word, label] : orders) {
        text += option(word, label, word == chosen);
    }
    return text;
}

std::string search_form(const KeyQuery& query) {
    return fmt::format(
        R"(<form id="search" role="search" action="#keys" method="get">
<div class="wide"><label for="q">Search</label><input type="search" name="q" id="q" value="{}" placeholder="name or id" maxlength="200" autocomplete="off" spellcheck="false"></div>
<div><label for="state">Show</label><select name="state" id="state">{}</select></div>
<div><label for="sort">Sort by</label><select name="sort" id="sort">{}</select></div>
<button type="submit">Search</button>
</form>
)",
        html_value(query.search), state_options(query), sort_options(query));
}

// A column that can be sorted by; once more turns it around.
std::string sortable(const KeyQuery& shown, KeyOrder order, std::string_view label) {
    const bool here = shown.order == order;
    KeyQuery next = shown;
    next.order = order;
    next.descending = here && !shown.descending;
    next.page = 1;
    return fmt::format(
        R"(<th scope="col"{}><a href="{}">{}<span class="arrow" aria-hidden="true">{}</span></a></th>)",
        !here              ? ""
        : shown.descending ? R"( aria-sort="descending")"
                           : R"( aria-sort="ascending")",
        link_to(next), label,
        !here              ? "↕"
        : shown.descending ? "↓"
                           : "↑");
}

std::string header(const KeyQuery& query) {
    return "<thead><tr>" + sortable(query, KeyOrder::name, "Key") + R"(<th scope="col">Desired</th>)" +
           R"(<th scope="col">Last known</th>)" + sortable(query, KeyOrder::evidence, "Answered") +
           sortable(query, KeyOrder::state, "State") + "</tr></thead>\n";
}

std::string key_cell(const KeyRow& row) {
    const std::string_view name = name_of(row);
    return fmt::format(
        R"(<th scope="row"><div class="key"><span class="name">{}</span> <span class="where">{} {}</span></div></th>)",
        name.empty() ? R"(<span class="dim">name not known</span>)" : html_name(name),
        html_code(row.id.to_string()), html_source(row.file, row.line));
}

std::string cell(std::string_view label, const std::string& content) {
    return fmt::format("<td data-label=\"{}\"><div>{}</div></td>", label, content);
}

std::string enabled_text(bool enabled, bool differs) {
    return fmt::format(R"(<span class="switch {}{}"><span aria-hidden="true">{}</span> {}</span>)",
                       enabled ? "on" : "off", differs ? " differs" : "", enabled ? "●" : "○",
                       enabled ? "enabled" : "disabled");
}

// The name stands in the first column; here only where what is wanted and what is known aren't the same.
bool names_differ(const KeyRow& row) {
    return row.wanted.name && row.known && row.wanted.name != row.known->name;
}
bool enabled_differs(const KeyRow& row) {
    return row.wanted.enabled && row.known && row.wanted.enabled != row.known->enabled;
}

std::string name_line(const std::string& name, std::string_view kind) {
    return fmt::format(R"(<div class="field"><span class="{}">{}</span></div>)", kind, html_name(name));
}

std::string desired_cell(const KeyRow& row) {
    if (row.wanted.empty()) {
        return cell("desired", R"(<span class="dim">nothing</span>)");
    }
    std::string text = row.wanted.enabled ? enabled_text(*row.wanted.enabled, enabled_differs(row))
                                          : R"(<span class="dim">either</span>)";
    if (names_differ(row)) {
        text += name_line(*row.wanted.name, "to");
    } else if (!row.wanted.name) {
        text += R"(<div class="dim">any name</div>)";
    }
    return cell("desired", text);
}

std::string known_cell(const KeyRow& row) {
    if (!row.known) {
        return cell("last known", R"(<span class="dim">nothing</span>)");
    }
    return cell("last known", enabled_text(*row.known->enabled, enabled_differs(row)) +
                                  (names_differ(row) ? name_line(*row.known->name, "from") : ""));
}

std::string state_cell(const KeyRow& row) {
    const StateLook look = look_of(row.state);
    std::string text = fmt::format(R"(<span class="badge {}"><span aria-hidden="true">{}</span> {}</span>)",
                                   look.tone, look.sign, label_of(row.state));
    if (!row.why.empty()) {
        text += fmt::format(R"(<div class="why">{}{}</div>)", html_isolated(row.why),
                            row.since ? ", " + html_age(*row.since) : "");
    }
    return cell("state", text);
}

std::string row_html(const KeyRow& row) {
    return "<tr>" + key_cell(row) + desired_cell(row) + known_cell(row) +
           cell("answered", row.known_at ? html_age(*row.known_at) : R"(<span class="dim">never</span>)") +
           state_cell(row) + "</tr>\n";
}

// `text`: what is seen, and what is only heard.
std::string page_link(const KeyQuery& shown, std::size_t page, bool there, std::string_view text) {
    KeyQuery query = shown;
    query.page = page;
    return there ? fmt::format(R"(<a href="{}">{}</a>)", link_to(query), text)
                 : fmt::format(R"(<span class="off" aria-hidden="true">{}</span>)", text);
}

std::string pager(const KeyQuery& query, const KeyTable& table) {
    if (table.pages() == 1) {
        return "";
    }
    const bool before = table.page > 1;
    const bool behind = table.page < table.pages();
    return fmt::format(
        R"(<nav class="pager" aria-label="Pages of keys">{}{}<span>page {} of {}</span>{}{}</nav>
)",
        page_link(query, 1, before,
                  R"(<span aria-hidden="true">«</span><span class="heard">first page</span>)"),
        page_link(query, table.page - 1, before,
                  R"(<span aria-hidden="true">‹</span> previous<span class="heard"> page</span>)"),
        grouped(table.page), grouped(table.pages()),
        page_link(query, table.page + 1, behind,
                  R"(next<span class="heard"> page</span> <span aria-hidden="true">›</span>)"),
        page_link(query, table.pages(), behind,
                  R"(<span aria-hidden="true">»</span><span class="heard">last page</span>)"));
}

std::string nothing(const PageData& data) {
    if (!data.table) {
        return "The state can't be read just now.";
    }
    if (!data.snapshot->desired && data.table->matching == 0 && data.query == KeyQuery{}) {
        return "No desired file was good so far, and nothing is known of any key. Once there is a file that "
               "can be used, its keys stand here.";
    }
    return data.query == KeyQuery{} ? "The file names no keys, and nothing is known of any."
                                    : R"(No key is like that. <a href="?#keys">Show all keys</a>)";
}

std::string results(const PageData& data) {
    if (!data.table || data.table->rows.empty()) {
        return fmt::format(R"(<p class="empty">{}</p>)", nothing(data)) + "\n";
    }
    const KeyTable& table = *data.table;
    std::string rows;
    for (const KeyRow& row : table.rows) {
        rows += row_html(row);
    }
    return fmt::format(R"(<table class="keys">
<caption>{}–{} of {}</caption>
{}<tbody>
{}</tbody>
</table>
{})",
                       grouped(table.first() + 1), grouped(table.first() + table.rows.size()),
                       table.matching == 1 ? "1 key" : grouped(table.matching) + " keys", header(data.query),
                       rows, pager(data.query, table));
}

} // namespace

std::string keys_section(const PageData& data) {
    return R"(<section id="keys" aria-labelledby="keys-title" tabindex="-1"><h2 id="keys-title">Keys</h2>
)" + search_form(data.query) +
           R"(<div id="results" data-part>)" + results(data) + "</div>\n</section>\n";
}

} // namespace apikeyd
