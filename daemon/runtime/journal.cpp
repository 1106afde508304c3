// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/journal.hpp"

#include "config/overloaded.hpp"

#include <fmt/format.h>
// Where in our sources an entry was written tells an operator nothing that its MESSAGE_ID doesn't.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

namespace apikeyd {

namespace {

int syslog_priority(LogLevel level) {
    switch (level) {
    case LogLevel::debug:
        return LOG_DEBUG;
    case LogLevel::info:
        return LOG_INFO;
    case LogLevel::warning:
        return LOG_WARNING;
    case LogLevel::error:
        return LOG_ERR;
    }
    return LOG_INFO;
}

// createdAt -> CREATED_AT
std::string in_capitals(std::string_view name) {
    std::string capitals;
    for (const char c : name) {
        if (c >= 'A' && c <= 'Z') {
            capitals.push_back('_');
        }
        capitals.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    }
    return capitals;
}

// Most events name their key by its id; api_key_updated has the whole key. A search must not care.
std::string top_name(std::string_view name) {
    return name == "id" ? "KEY_ID" : name == "api_key" ? "KEY" : in_capitals(name);
}

void append(JournalEntry& entry, const std::string& name, const LogValue& value) {
    std::visit(Overloaded{
                   [&](const std::string& text) { entry.push_back(name + "=" + text); },
                   [&](std::int64_t number) { entry.push_back(fmt::format("{}={}", name, number)); },
                   [&](bool flag) { entry.push_back(fmt::format("{}={}", name, flag)); },
                   [&](const std::vector<std::string>& texts) {
                       for (const std::string& text : texts) {
                           entry.push_back(name + "=" + text);
                       }
                   },
                   [&](const LogFields& nested) {
                       for (const LogField& field : nested) {
                           append(entry, name + "_" + in_capitals(field.name), field.value);
                       }
                   },
               },
               value);
}

} // namespace

JournalEntry journal_entry(LogLevel level, EventName event, const LogFields& fields) {
    JournalEntry entry = {"MESSAGE=" + render_message(event.text(), fields),
                          fmt::format("PRIORITY={}", syslog_priority(level)), "SYSLOG_IDENTIFIER=apikeyd",
                          fmt::format("MESSAGE_ID={}", event.message_id()),
                          fmt::format("APIKEYD_EVENT={}", event.text())};
    for (const LogField& field : fields) {
        append(entry, "APIKEYD_" + top_name(field.name), field.value);
    }
    return entry;
}

bool send_to_journal(const JournalEntry& entry) {
    // sd_journal_sendv(3) reports success where this is missing.
    if (access("/run/systemd/journal/socket", F_OK) != 0) {
        return false;
    }
    std::vector<iovec> vectors;
    for (const std::string& field : entry) {
        vectors.push_back({const_cast<char*>(field.data()), field.size()}); // read only, whatever iovec says
    }
    return sd_journal_sendv(vectors.data(), static_cast<int>(vectors.size())) >= 0;
}

bool stderr_is_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat info {};
    return stream != nullptr && fstat(2, &info) == 0 &&
           fmt::format("{}:{}", info.st_dev, info.st_ino) == stream;
}

std::string for_stderr(LogLevel level, const std::string& text) {
    if (!stderr_is_journal()) {
        return text;
    }
    const std::string prefix = fmt::format("<{}>", syslog_priority(level));
    std::string lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
        lines += prefix + text.substr(begin, end - begin);
        begin = end;
    }
    return lines;
}

} // namespace apikeyd
