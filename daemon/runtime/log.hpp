// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.hpp"
#include "config/time.hpp"
#include "daemon/runtime/event_name.hpp"
#include "daemon/runtime/journal.hpp"
#include "daemon/runtime/log_field.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace apikeyd {

// Events with a fixed name and fields, one a line (or a journal entry). Values are escaped: no line break,
// terminal sequence or direction control of a value reaches the output as it is. One thread.
class Log {
  public:
    // Where a line goes, without its newline.
    using Sink = std::function<void(LogLevel level, const std::string& line)>;

    using Journal = std::function<bool(const JournalEntry& entry)>;

    // To standard error, or the journal.
    Log(LogFormat format, LogLevel least);
    // What the journal doesn't take goes to the sink, as text: it must not be lost.
    Log(LogFormat format, LogLevel least, Sink sink, Journal journal = send_to_journal);

    void event(LogLevel level, EventName name, const LogFields& fields);

  private:
    LogFormat format_;
    LogLevel least_;
    Sink sink_;
    Journal journal_;
};

// One line each, without a newline; exposed for tests.
std::string render_text(WallTime time, LogLevel level, std::string_view name, const LogFields& fields);
std::string render_json(WallTime time, LogLevel level, std::string_view name, const LogFields& fields);

} // namespace apikeyd
