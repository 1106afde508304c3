// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "config/diagnostic_sink.hpp"
#include "config/key_places.hpp"

#include <vector>

namespace apikeyd {

// Parses the text of the last of the sinks into the builder, reports what is wrong with it, and releases it.
// There is a sink for each file so far, by the builder's numbers: an id that another file has is reported
// there too. `now`: to tell which times have passed.
void parse_desired_file(std::vector<DiagnosticSink>& sinks, KeyPlaces& places, DesiredState::Builder& builder,
                        WallTime now);

} // namespace apikeyd
