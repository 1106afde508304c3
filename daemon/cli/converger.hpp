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
    struct Options {
        std::optional<unsigned> max_attempts; // tries of one key; nothing: a daemon, which never gives up
        bool look_only = false;               // no request that could change anything is let through
        Secret token_before = {};             // see TokenStore
    };
    // `token_variable`: what APIKEYD_TOKEN said. Throws TokenError; CommandError
    // (78) where the connections can't be made as the settings say.
    Converger(EventLoop& loop, Log& log, const Settings& settings, StateStore store, Secret token_variable,
              const Options& options, std::function<void()> stepped);

    Engine& engine() noexcept { return engine_; }
    TokenStore& token() noexcept { return token_; }

  private:
    TokenStore token_;
    DeadlineKeeper deadlines_;
    Engine engine_; // last: its workers use the others
};

// Throws as a Converger would whose connections can't be made so.
void try_connections(const ApiSettings& api);

// The state as its one writer, with what `suspend` or `resume` left beside it in force. Throws StateError.
StateStore open_state(const std::string& path);

// What guards against mistakes, as the settings say; without what only a token or a state can tell.
Safeguards safeguards_of(const Settings& settings);

// The log that the settings ask for; where they don't say, the journal if it is there.
Log make_log(const LogSettings& settings);

} // namespace apikeyd
