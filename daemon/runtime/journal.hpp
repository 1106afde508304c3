// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.hpp"
#include "daemon/runtime/event_name.hpp"
#include "daemon/runtime/log_field.hpp"

#include <string>
#include <vector>

namespace apikeyd {

// "NAME=value" each; a name may come several times, and a value may have any bytes in it.
using JournalEntry = std::vector<std::string>;

// An event in the journal's own form. MESSAGE is what the text format has after time and level. Each field
// goes in by itself as APIKEYD_ and its name in capitals, with its whole value (a list: once for each of its
// values). The key that the event is about is always APIKEYD_KEY_ID; what else the API returned of it,
// APIKEYD_KEY_….
JournalEntry journal_entry(LogLevel level, EventName event, const LogFields& fields);

// False where no journal listens, or it refused the entry. May wait for a journal that is busy.
bool send_to_journal(const JournalEntry& entry);

// Whether standard error is connected to the journal ($JOURNAL_STREAM, systemd.exec(5)).
bool stderr_is_journal();

// A text as it goes to standard error: where that is the journal, each line has its priority in front, as
// "<3>", which the journal takes off (sd-daemon(3)). Elsewhere the text as it is.
std::string for_stderr(LogLevel level, const std::string& text);

} // namespace apikeyd
