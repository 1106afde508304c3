// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/journal.hpp"

#include "examples/sandbox/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace apikeyd::sandbox {

namespace {

std::string to_line(std::uint64_t number, const JournalEntry& entry) {
    const auto text_or_null = [](const std::string& text) {
        return text.empty() ? "null" : json_quote(text);
    };
    return fmt::format(
        R"({{"seq":{},"time":"{}","method":{},"target":{},"id":{},"input":{},"authorized":{},"fault":{},)"
        R"("applied":{},"status":{}}})",
        number, format_rfc3339(entry.time), json_quote(entry.method), json_quote(entry.target),
        text_or_null(entry.id), entry.input, entry.authorized, text_or_null(entry.fault), entry.applied,
        entry.status == 0 ? "null" : std::to_string(entry.status));
}

} // namespace

void Journal::open(const std::string& path) {
    file_.reset(std::fopen(path.c_str(), "ae"));
    if (!file_) {
        throw std::system_error(errno, std::generic_category(), "can't open the journal " + path);
    }
}

void Journal::append(JournalEntry entry) {
    ++last_;
    if (file_) {
        const std::string line = to_line(last_, entry) + '\n';
        // A full disk costs lines of the journal, not answers.
        static_cast<void>(std::fwrite(line.data(), 1, line.size(), file_.get()));
        static_cast<void>(std::fflush(file_.get()));
    }
    entries_.push_back(std::move(entry));
    if (entries_.size() > remembered_) {
        entries_.pop_front();
    }
}

std::string Journal::to_json(std::uint64_t after) const {
    const std::uint64_t first = last_ - entries_.size() + 1;
    std::string list = "[";
    for (std::uint64_t number = std::max(first, after + 1); number <= last_; ++number) {
        list += list.size() > 1 ? ",\n" : "\n";
        list += to_line(number, entries_[number - first]);
    }
    return list += "\n]\n";
}

} // namespace apikeyd::sandbox
