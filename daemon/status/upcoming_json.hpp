// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/status/upcoming.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <cstdint>
#include <string>
#include <vector>

namespace apikeyd {

// Pieces that the JSON of drift and of status have alike.

Poco::Dynamic::Var text_or_null(const std::string& text); // null where it is empty

// {"file":"keys.yaml","line":12}
Poco::JSON::Object::Ptr source_json(const std::string& file, std::uint32_t line);

// {"daemon":"apikeyd approve …","pipeline":"apikeyd apply --approve …"}; null without a digest.
Poco::Dynamic::Var approve_json(const std::string& digest);

// What the file itself will change, by time.
Poco::JSON::Array::Ptr upcoming_json(const std::vector<Upcoming>& upcoming);

} // namespace apikeyd
