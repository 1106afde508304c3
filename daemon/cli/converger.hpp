// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.hpp"
#include "daemon/api/poco_transport.hpp"
#include "daemon/runtime/engine.hpp"
#include "daemon/runtime/token_store.hpp"

#include <functional>
#include <optional>

namespace apikeyd {

// Everything that can send, put together from the settings: token, connections, state, engine. A dry run has
// none.
class Converger {
  public:
    // `token_variable`: what APIKEYD_TOKEN said. `max_attempts`: nothing for a daemon, which never gives up.
    // Throws TokenError, StateError; CommandError (78) where the connections can't be made as the settings
    // say.
    Converger(EventLoop& loop, Log& log, const Settings& settings, Secret token_variable,
              std::optional<unsigned> max_attempts, std::function<void()> stepped);

    Engine& engine() noexcept { return engine_; }
    TokenStore& token() noexcept { return token_; }

  private:
    TokenStore token_;
    DeadlineKeeper deadlines_;
    Engine engine_; // last: its workers use the others
};

// What guards against mistakes, as the settings say; without what only a token or a state can tell.
Safeguards safeguards_of(const Settings& settings);

// The log that the settings ask for; where they don't say, the journal if it is there.
Log make_log(const LogSettings& settings);

} // namespace apikeyd
