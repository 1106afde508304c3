// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_writer.hpp"
#include "config/diagnostic.hpp"
#include "config/time.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace apikeyd {

// A desired file with more keys than before.
struct MergeResult {
    std::optional<std::string> text;     // nothing: the diagnostics say why
    std::vector<KeyId> added;            // as in the text; empty: the text is what it was
    std::vector<Diagnostic> diagnostics; // of the text before; warnings may come with a text
};

// Adds the keys that the file doesn't have to the end of its list and leaves every byte of it where it is:
// comments, order, blank lines, line ends. The new lines follow the file's own indentation and line ends. A
// key that the file has is left as it is, whatever it says of it: a field left out is a decision, too.
//
// Only block lists ('- id: ...') and 'keys: []', whose brackets go; another list in brackets is an error, as
// is a text that is no valid desired file. What comes out has been read again: it holds the old keys
// unchanged and the new ones, or there is no result. `file_name` stands for the file in diagnostics. Other
// files of the same folder are the caller's to look at.
MergeResult merge_desired(std::string_view text, const std::string& file_name,
                          std::span<const ImportedKey> keys, WallTime now);

} // namespace apikeyd
