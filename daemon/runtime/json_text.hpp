// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Poco/JSON/Object.h>

#include <string>

namespace apikeyd {

// An object whose members keep the order in which they were set.
Poco::JSON::Object::Ptr ordered_object();

// The object as text. Besides what JSON demands, characters that a terminal obeys or hides are escaped (DEL,
// C1 controls, direction controls, line separators): still the same JSON, and harmless to print. `indent` 0:
// on one line.
std::string json_text(const Poco::JSON::Object& object, unsigned indent);

} // namespace apikeyd
