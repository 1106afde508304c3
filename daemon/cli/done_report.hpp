// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/context.hpp"

#include <Poco/JSON/Object.h>

#include <string>
#include <string_view>

namespace apikeyd {

// What a command has done that asks the daemon for something, to be filled with more: format_version, result.
Poco::JSON::Object::Ptr done_json(std::string_view result);

// Tells it in the form that was asked for; the sentence ends with a newline. Throws CommandError (1).
void report_done(const CommandLine& line, const std::string& sentence, const Poco::JSON::Object& json);

} // namespace apikeyd
