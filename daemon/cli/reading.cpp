// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/reading.hpp"

#include <utility>

namespace apikeyd {

StateStore require_state(const Settings& settings) {
    auto store = StateStore::open_reader(settings.state);
    if (!store) {
        throw CommandError(exit_error, settings.state +
                                           ": there is no state yet; `apikeyd run` or `apikeyd apply` "
                                           "makes it, or name another with --state");
    }
    return *std::move(store);
}

std::optional<KeyId> require_key(const CommandLine& line) {
    if (!line.key) {
        return std::nullopt;
    }
    const auto id = KeyId::parse(*line.key);
    if (!id) { // it may be anything, a secret too: not repeated
        throw CommandError(exit_usage, "--key: this is not the id of a key; an id is 24 hex digits");
    }
    return id;
}

} // namespace apikeyd
