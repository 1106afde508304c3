// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/diagnostic_sink.hpp"
#include "config/settings.hpp"

namespace apikeyd {

// Puts what the text of a settings file says, the sink's, into the settings, reports what is wrong with it,
// and releases the text. Nothing that may be a secret in the wrong place is shown.
void parse_settings_file(DiagnosticSink& sink, Settings& settings);

} // namespace apikeyd
