// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/diagnostic.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <vector>

namespace apikeyd {

// A diagnostic as every JSON report has it: severity, file, line, column, message, hint; null where there is
// none.
Poco::JSON::Object::Ptr diagnostic_json(const Diagnostic& diagnostic);
Poco::JSON::Array::Ptr diagnostics_json(const std::vector<Diagnostic>& diagnostics);

} // namespace apikeyd
