// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/diagnostic.hpp"
#include "config/secret.hpp"
#include "config/settings.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/converger.hpp"
#include "daemon/cli/run_frame.hpp"
#include "daemon/runtime/request_file.hpp"
#include "daemon/runtime/service.hpp"
#include "daemon/status/status_service.hpp"
#include "state/state_store.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace apikeyd {

// What a run is begun with.
struct LiveStart {
    Settings settings;
    StateStore state;                // the one that the settings name
    const Secret& token_variable;    // must outlive the run: each copy would be one more to wipe
    Secret token_before;             // used where there is no better one: see TokenStore
    std::optional<Settings> refused; // other settings that could not be begun with, and why
    std::string refusal;
    std::optional<LastGood> last_good; // of the same desired file, where a run before had it in force
};

// `apikeyd run`, the daemon proper, with one set of settings. On changed settings it ends in order, to be
// begun anew in the same process with what next() says.
class LiveRun {
  public:
    // `line`, `notifier` and `history` must outlive it. Throws what makes the settings unusable: TokenError,
    // CommandError, std::system_error.
    LiveRun(const CommandLine& line, LiveStart start, Notifier& notifier, ProcessHistory& history);

    // True: other settings are to be begun with.
    bool run();

    // After run(), each once.
    const Settings& settings() const noexcept { return settings_; }
    Settings next_settings() { return *next_settings_; }
    // Open already, if it is another; nothing: the state stays the same.
    std::optional<StateStore> next_state() { return std::move(next_state_); }
    StateStore release_state() { return converger_.engine().release_state(); }
    std::optional<Suspension> suspension() { return converger_.engine().suspension(); }
    std::optional<LastGood> last_good();
    Secret token() { return converger_.token().get(); }

  private:
    Situation situation();
    void stepped();
    void reload();
    void reload_settings();
    void refuse(const std::vector<Diagnostic>& diagnostics);
    void try_out(const Settings& fresh);
    void begin_anew(Settings fresh);
    void reload_token();
    void take_approval_left();
    void stop(const std::string& why);
    void drain();
    void leave_unfinished();
    void begin_status(ProcessHistory& history);
    void publish(const Situation& it);
    void tell_end();

    std::unique_ptr<StatusService> status_; // nullptr: none; first, for it must outlive the loop
    const CommandLine& line_;
    Settings settings_;
    std::optional<Settings> refused_;
    const Secret& token_variable_;
    std::optional<Settings> next_settings_;
    std::optional<StateStore> next_state_;
    bool reloading_ = false; // the service manager was told
    bool stopping_ = false;
    std::optional<std::string> settings_trouble_;
    RunFrame frame_;
    Converger converger_;
    EventLoop::Timer overdue_;
    SuspensionRequests suspensions_;
    std::unique_ptr<FileWatcher> token_watcher_;
    std::unique_ptr<FileWatcher> approval_watcher_;
    std::unique_ptr<FileWatcher> settings_watcher_;
};

} // namespace apikeyd
