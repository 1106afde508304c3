// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
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

// For people, on one line: "event field=value nested.field=value …". Nothing of a value can end the line, be
// obeyed by a terminal, or pass for another field.
std::string render_message(std::string_view event, const LogFields& fields);

} // namespace apikeyd
