// SPDX-License-Identifier: Apache-2.0
#include "config/desired_writer.hpp"

#include "config/key_name.hpp"
#include "config/utf8.hpp"
#include "config/yaml_text.hpp"

#include <unordered_set>

namespace apikeyd {

namespace {

constexpr std::size_t max_comment = 60; // characters of what others wrote

void append_line(std::string& text, std::size_t indent, std::string_view line, const ItemLayout& layout) {
    text.append(indent, ' ');
    text += line;
    text += layout.line;
}

} // namespace

bool is_writable_name(std::string_view name) noexcept {
    return !name.empty() && !check_key_name(name).forbidden;
}

void append_item(std::string& text, const ImportedKey& key, const ItemLayout& layout) {
    if (layout.spaced) {
        text += layout.line;
    }
    std::string first = "-" + std::string(layout.field - 1, ' ') + "id: " + yaml_text(key.id.to_string());
    if (!key.created_at.empty()) {
        first += " # created " + visible_text(key.created_at.substr(0, max_comment));
    }
    append_line(text, layout.dash, first, layout);
    const std::size_t fields = layout.dash + layout.field;
    if (is_writable_name(key.name)) {
        append_line(text, fields, "name: " + yaml_text(key.name), layout);
    } else {
        append_line(text, fields,
                    key.name.empty() ? "# not managed: its name is empty"
                                     : "# not managed: its name has characters that no desired file can "
                                       "hold, " +
                                           visible_text(quote_text(key.name, max_comment)),
                    layout);
    }
    append_line(text, fields, key.enabled ? "enabled: true" : "enabled: false", layout);
}

std::string write_desired(std::span<const ImportedKey> keys) {
    std::string text = "version: 1\n\n";
    if (keys.empty()) {
        return text + "keys: []\n";
    }
    text += "keys:\n";
    ItemLayout layout;
    layout.spaced = false; // the first stands right below 'keys:'
    std::unordered_set<KeyId> written;
    for (const ImportedKey& key : keys) {
        if (written.insert(key.id).second) {
            append_item(text, key, layout);
            layout.spaced = true;
        }
    }
    return text;
}

} // namespace apikeyd
