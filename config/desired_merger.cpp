// SPDX-License-Identifier: Apache-2.0
#include "config/desired_merger.hpp"

#include "config/desired_loader.hpp"
#include "config/diagnostic_sink.hpp"
#include "config/text_check.hpp"
#include "config/yaml_reader.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace apikeyd {

namespace {

// Where the parts of a valid desired file stand.
class Places : public YamlHandler {
  public:
    bool on_map(const YamlMark& mark) override {
        if (depth_ == 0) {
            root = mark;
            ++depth_;
            return true;
        }
        if (items.size() == 2) {
            items.front() = items.back();
            items.pop_back();
        }
        items.push_back(mark);
        return false;
    }
    bool on_list(const YamlMark& mark) override {
        list = mark;
        ++depth_;
        return true;
    }
    void on_end() override { --depth_; }
    bool on_field(const YamlScalar& name) override {
        if (name.text == "keys") {
            field = name.mark;
            return true;
        }
        if (list && !next) {
            next = name.mark.offset;
        }
        return false;
    }
    void on_scalar(const YamlScalar& /*value*/) override {}
    void on_refused(const YamlMark& /*mark*/) override {}

    YamlMark root;                     // the mapping
    YamlMark field;                    // the word 'keys'
    std::optional<YamlMark> list;      // its first '-', or its '['
    std::vector<YamlMark> items;       // the last two at most
    std::optional<std::uint32_t> next; // the field after it

  private:
    int depth_ = 0;
};

struct Line {
    std::size_t begin = 0;
    std::size_t end = 0; // behind its line end
};

Line line_at(std::string_view text, std::size_t offset) noexcept {
    const std::size_t before = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
    const std::size_t after = text.find('\n', offset);
    return {before == std::string_view::npos ? 0 : before + 1,
            after == std::string_view::npos ? text.size() : after + 1};
}

std::size_t indent_of(std::string_view line) noexcept {
    return std::min(line.find_first_not_of(' '), line.size());
}

bool is_blank(std::string_view line) noexcept {
    return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool ends_document(std::string_view line) noexcept {
    return line.starts_with("...") && (line.size() == 3 || is_blank(line.substr(3, 1)));
}

// Works on a text without byte order mark that is known to be valid.
class Merger {
  public:
    Merger(std::string_view text, const std::string& name)
        : text_(text)
        , sink_(name, text) {
        read_yaml(sink_, places_);
    }

    // The text with these keys added; nothing: see diagnostics().
    std::optional<std::string> add(const std::vector<const ImportedKey*>& keys) {
        const std::size_t list = places_.list->offset;
        if (text_[places_.root.offset] == '{') {
            return refuse(places_.root.offset, "keys can't be added to a file in braces");
        }
        if (text_[list] != '[') {
            return insert(text_, end_of_list(), layout_of_list(), keys);
        }
        const std::size_t closing = text_.find_first_not_of(' ', list + 1);
        if (closing == std::string_view::npos || text_[closing] != ']') {
            return refuse(list, "keys can't be added to a list in brackets");
        }
        const std::size_t from = text_.find_last_not_of(' ', list - 1) + 1;
        std::string without(text_);
        without.erase(from, closing + 1 - from);
        ItemLayout layout;
        layout.dash = places_.field.indent + 2;
        layout.spaced = false;
        return insert(without, line_at(without, from).end, layout, keys);
    }

    std::vector<Diagnostic> diagnostics() { return sink_.take(); }

  private:
    std::nullopt_t refuse(std::size_t offset, std::string message) {
        sink_.error(offset, std::move(message),
                    "write the list with a line '- id: ...' for each key, or import to standard output and "
                    "copy from there");
        return std::nullopt;
    }

    // The line end of the line before `at`; where there is none, of the file's first line.
    std::string_view line_end_before(std::size_t at) const noexcept {
        std::size_t found = at == 0 ? std::string_view::npos : text_.rfind('\n', at - 1);
        if (found == std::string_view::npos) {
            found = text_.find('\n');
        }
        const bool crlf = found != std::string_view::npos && found > 0 && text_[found - 1] == '\r';
        return crlf ? "\r\n" : "\n";
    }

    std::string insert(std::string_view text, std::size_t at, ItemLayout layout,
                       const std::vector<const ImportedKey*>& keys) const {
        layout.line = line_end_before(std::min(at, text_.size()));
        std::string lines;
        for (const ImportedKey* key : keys) {
            append_item(lines, *key, layout);
            layout.spaced = layout.spaced || places_.items.empty();
        }
        if (at > 0 && text[at - 1] != '\n') { // the file's last line has no end; neither has the new one
            lines.erase(lines.size() - layout.line.size());
            lines.insert(0, layout.line);
        }
        std::string result(text);
        return result.insert(at, lines);
    }

    // Behind the list's last line. Comments below it belong to it if they are indented further than 'keys'; a
    // '#' that is part of a block text always is.
    std::size_t end_of_list() const {
        const std::size_t bound = places_.next ? line_at(text_, *places_.next).begin : text_.size();
        Line line = line_at(text_, places_.items.back().offset);
        std::size_t end = line.end;
        while (line.end < bound) {
            line = line_at(text_, line.end);
            const std::string_view content = text_.substr(line.begin, line.end - line.begin);
            const std::size_t indent = indent_of(content);
            if (ends_document(content)) {
                break;
            }
            if (!is_blank(content) && (content[indent] != '#' || indent > places_.field.indent)) {
                end = line.end;
            }
        }
        return end;
    }

    ItemLayout layout_of_list() const {
        ItemLayout layout;
        layout.dash = places_.list->indent;
        const YamlMark& item = places_.items.back();
        const std::size_t dash = line_at(text_, item.offset).begin + layout.dash;
        if (text_[item.offset] != '{' && dash < item.offset && text_[dash] == '-' &&
            item.offset - dash <= 10) {
            layout.field = item.offset - dash;
        }
        layout.spaced = places_.items.size() < 2 || blank_above_last_item();
        return layout;
    }

    // Comments between the two belong to the last one.
    bool blank_above_last_item() const noexcept {
        Line line = line_at(text_, places_.items.back().offset);
        while (line.begin > places_.items.front().offset) {
            line = line_at(text_, line.begin - 1);
            const std::string_view content = text_.substr(line.begin, line.end - line.begin);
            if (is_blank(content)) {
                return true;
            }
            if (content[indent_of(content)] != '#') {
                return false;
            }
        }
        return false;
    }

    std::string_view text_;
    DiagnosticSink sink_;
    Places places_;
};

bool same_times(const EnabledTimes* a, const EnabledTimes* b) {
    return (a == nullptr) == (b == nullptr) && (a == nullptr || *a == *b);
}

bool as_imported(const DesiredKey& key, const ImportedKey& imported) {
    return key.enabled == imported.enabled &&
           key.name == (is_writable_name(imported.name) ? std::optional<std::string_view>(imported.name)
                                                        : std::nullopt);
}

// Whether `after` is `before` and the keys, and nothing else.
bool holds_all(const DesiredState& before, const DesiredState& after,
               const std::vector<const ImportedKey*>& keys) {
    return after.keys().size() == before.keys().size() + keys.size() &&
           std::ranges::all_of(before.keys(),
                               [&](const DesiredKey& key) {
                                   const DesiredKey* found = after.find(key.id);
                                   return found != nullptr && key.name == found->name &&
                                          key.enabled == found->enabled &&
                                          same_times(before.times(key), after.times(*found));
                               }) &&
           std::ranges::all_of(keys, [&](const ImportedKey* key) {
               const DesiredKey* found = after.find(key->id);
               return found != nullptr && as_imported(*found, *key);
           });
}

std::vector<const ImportedKey*> not_in(const DesiredState& state, std::span<const ImportedKey> keys) {
    std::vector<const ImportedKey*> result;
    std::unordered_set<KeyId> seen;
    for (const ImportedKey& key : keys) {
        if (state.find(key.id) == nullptr && seen.insert(key.id).second) {
            result.push_back(&key);
        }
    }
    return result;
}

} // namespace

MergeResult merge_desired(std::string_view text, const std::string& file_name,
                          std::span<const ImportedKey> keys, WallTime now) {
    Loaded<DesiredState> before = parse_desired(text, file_name, now);
    MergeResult result{std::nullopt, {}, std::move(before.diagnostics)};
    if (!before) {
        return result;
    }
    const std::vector<const ImportedKey*> missing = not_in(*before.value, keys);
    if (missing.empty()) {
        result.text = std::string(text);
        return result;
    }
    const std::string_view content = without_bom(text);
    Merger merger(content, file_name);
    std::optional<std::string> merged = merger.add(missing);
    if (!merged) {
        result.diagnostics = merger.diagnostics();
        return result;
    }
    merged->insert(0, text.substr(0, text.size() - content.size()));
    const Loaded<DesiredState> after = parse_desired(*merged, file_name, now);
    if (!after || !holds_all(*before.value, *after.value, missing)) {
        result.diagnostics.push_back({Severity::error, file_name, 0, 0,
                                      "keys can't be added to this file: its list is laid out in a way that "
                                      "isn't understood",
                                      "import to standard output and copy from there", "", 0});
        return result;
    }
    result.text = std::move(merged);
    for (const ImportedKey* key : missing) {
        result.added.push_back(key->id);
    }
    return result;
}

} // namespace apikeyd
