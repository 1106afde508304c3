// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/key.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace apikeyd {

// A key as the API has it, to be written into a desired file.
struct ImportedKey {
    KeyId id;
    std::string name;
    bool enabled = false;
    std::string created_at; // for a comment; empty: none
};

// Whether a desired file can hold the name: the loader takes no empty name, and none with control
// characters, line separators or bytes that are no UTF-8.
bool is_writable_name(std::string_view name) noexcept;

// How the items of the list are laid out.
struct ItemLayout {
    std::size_t dash = 2;         // spaces before the '-'
    std::size_t field = 2;        // columns from the '-' to the fields
    bool spaced = true;           // an empty line before each
    std::string_view line = "\n"; // what ends a line
};

// Appends the item's lines. A name that no desired file can hold is left out, so that it isn't managed, with
// a comment that says so.
void append_item(std::string& text, const ImportedKey& key, const ItemLayout& layout);

// A desired file with these keys in this order, as people would write it. Loading it gives back each id once
// (the first, if it is there twice), with its name, byte for byte, and whether it is enabled.
std::string write_desired(std::span<const ImportedKey> keys);

} // namespace apikeyd
