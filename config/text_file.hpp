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

// What to call the file in messages: its path, unless that names nothing and may be a token given in place of
// a path.
std::string name_to_show(const std::string& path);

// Reads a descriptor to its end, a pipe say, and waits for what is to come. What is longer than `limit` bytes
// is refused, and no more of it read. The descriptor stays the caller's.
TextFile read_text_stream(int descriptor, std::uint64_t limit);

} // namespace apikeyd
