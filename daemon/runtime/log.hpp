// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.hpp"
#include "config/time.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace apikeyd {

struct LogField;
using LogFields = std::vector<LogField>;
using LogValue = std::variant<std::string, std::int64_t, bool, std::vector<std::string>, LogFields>;

// Copied and moved out of line: gcc 12 sees uninitialized members in an inlined move of such a variant.
struct LogField {
    LogField(std::string_view name_in, LogValue value_in);
    LogField(const LogField&);
    LogField(LogField&&) noexcept;
    LogField& operator=(const LogField&);
    LogField& operator=(LogField&&) noexcept;
    ~LogField();

    std::string_view name; // of a literal
    LogValue value;
};

// Sends an entry ("NAME=value", ...) to the journal. False where none listens, or it refused the entry.
bool send_to_journal(const std::vector<std::string>& entry);

// Events with a fixed name and fields, one a line (or a journal entry). Values are escaped: no line break,
// terminal sequence or direction control of a value reaches the output as it is. One thread.
class Log {
  public:
    // Where a line goes, without its newline.
    using Sink = std::function<void(LogLevel level, const std::string& line)>;

    using Journal = std::function<bool(const std::vector<std::string>& entry)>;

    // To standard error, or the journal.
    Log(LogFormat format, LogLevel least);
    // What the journal doesn't take goes to the sink, as text: it must not be lost.
    Log(LogFormat format, LogLevel least, Sink sink, Journal journal = send_to_journal);

    void event(LogLevel level, std::string_view name, const LogFields& fields);

  private:
    LogFormat format_;
    LogLevel least_;
    Sink sink_;
    Journal journal_;
};

// Whether standard error is connected to the journal ($JOURNAL_STREAM, systemd.exec(5)).
bool stderr_is_journal();

// One line each, without a newline; exposed for tests.
std::string render_text(WallTime time, LogLevel level, std::string_view name, const LogFields& fields);
std::string render_json(WallTime time, LogLevel level, std::string_view name, const LogFields& fields);

} // namespace apikeyd
