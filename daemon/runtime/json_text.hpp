// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"

#include <Poco/JSON/Object.h>

#include <optional>
#include <string>

namespace apikeyd {

// An object whose members keep the order in which they were set.
Poco::JSON::Object::Ptr ordered_object();

// A value, or null where there is none.
template <typename T>
Poco::Dynamic::Var json_or_null(const std::optional<T>& value) {
    return value ? Poco::Dynamic::Var(*value) : Poco::Dynamic::Var();
}
Poco::Dynamic::Var json_time(const std::optional<WallTime>& time); // RFC 3339, or null

// The object as text. Besides what JSON demands, characters that a terminal obeys or hides are escaped (DEL,
// C1 controls, direction controls, line separators): still the same JSON, and harmless to print. `indent` 0:
// on one line.
std::string json_text(const Poco::JSON::Object& object, unsigned indent);

} // namespace apikeyd
