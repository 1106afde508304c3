// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"

#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>

namespace apikeyd::sandbox {

// One request as it was received, and what became of it. Never the token.
struct JournalEntry {
    WallTime time;
    std::string method;
    std::string target;         // path and query as sent
    std::string id;             // of the key, as sent; empty: none
    std::string input = "null"; // JSON
    std::string fault = {};     // in the grammar of schedules; empty: none
    bool authorized = false;
    bool applied = false;
    int status = 0; // 0: no answer
};

// What was received, in the order in which it was applied. Remembers the last entries only, so that a long
// benchmark doesn't fill the memory; a file, if there is one, gets every entry. Not safe to use from several
// threads.
class Journal {
  public:
    explicit Journal(std::size_t remembered)
        : remembered_(remembered) {}

    // Appends every further entry to a file, each line flushed. Throws std::system_error.
    void open(const std::string& path);

    void append(JournalEntry entry);

    // A JSON list of the remembered entries with a number above `after`; numbers begin at 1.
    std::string to_json(std::uint64_t after) const;

  private:
    struct Close {
        void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
    };

    std::size_t remembered_;
    std::uint64_t last_ = 0; // the number of the newest entry
    std::deque<JournalEntry> entries_;
    std::unique_ptr<std::FILE, Close> file_;
};

} // namespace apikeyd::sandbox
