// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace apikeyd {

// What became of opening and reading a file. Exactly one of the three.
struct TextFile {
    enum class Outcome { read, missing, refused };
    Outcome outcome = Outcome::refused;
    std::string text;    // read
    std::string problem; // missing, refused: one line
    std::string hint;    // may be empty
};

// Reads a regular file of at most `limit` bytes. Never blocks on a FIFO or device: those are refused, as is a
// file that changes while it is read. Follows symbolic links.
TextFile read_text_file(const std::string& path, std::uint64_t limit);

} // namespace apikeyd
