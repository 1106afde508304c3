// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/converger.hpp"

#include "daemon/api/look_only_transport.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/runtime/request_file.hpp"
#include "daemon/runtime/suspension.hpp"
#include "generated/version.hpp"

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

// So many changes are marked and handed out for each worker, so that none waits for a commit to get its next.
constexpr std::size_t window_per_worker = 4;

RandomSource seeded_random() {
    std::random_device device;
    auto engine = std::make_shared<std::mt19937_64>((std::uint64_t{device()} << 32) | device());
    return [engine] { return (*engine)(); };
}

std::vector<std::unique_ptr<Transport>> connections(const ApiSettings& api, const TokenStore& token,
                                                    DeadlineKeeper& deadlines, bool only_looks) {
    TransportOptions options;
    options.base_url = api.url;
    options.ca_file = api.ca_file;
    options.timeout = api.timeout;
    options.user_agent = std::string("apikeyd/") + version;
    try {
        auto transports = make_poco_transports(
            api.concurrency, options, [&token] { return token.get(); }, deadlines);
        return only_looks ? look_only(std::move(transports)) : std::move(transports);
    } catch (const std::runtime_error& error) {
        throw CommandError(exit_settings, error.what());
    }
}

ReconcilerOptions reconciler_options(const Settings& settings, std::optional<unsigned> max_attempts) {
    ReconcilerOptions options;
    options.window = settings.api.concurrency * window_per_worker;
    options.rate_limit = settings.api.rate_limit;
    options.max_attempts = max_attempts;
    options.resync = settings.reconcile.resync;
    return options;
}

} // namespace

void try_connections(const ApiSettings& api) {
    DeadlineKeeper deadlines;
    const TokenStore token({"", Secret(std::string("unused"))});
    (void)connections(api, token, deadlines, false);
}

StateStore open_state(const std::string& path) {
    StateStore store = StateStore::open(path);
    if (const auto request = read_suspension(path)) {
        record_request(store, *request, current_time().wall);
        drop_suspension(path, *request);
    }
    return store;
}

Safeguards safeguards_of(const Settings& settings) {
    Safeguards safeguards;
    safeguards.max_disable = settings.guard.max_disable;
    safeguards.disable_removed = settings.reconcile.removed_keys == RemovedKeys::disable;
    safeguards.own.id = settings.api.self_id;
    safeguards.own.may_be_disabled = settings.guard.allow_self_disable;
    return safeguards;
}

namespace {

EngineOptions engine_options(const Settings& settings) {
    EngineOptions options;
    options.safeguards = safeguards_of(settings);
    options.server = settings.api.url;
    options.refresh = settings.reconcile.refresh == Refresh::probe;
    options.retention = settings.history.retention;
    return options;
}

} // namespace

Converger::Converger(EventLoop& loop, Log& log, const Settings& settings, StateStore store,
                     Secret token_variable, const Options& options, std::function<void()> stepped)
    : token_(find_token(settings.api.token_file, std::move(token_variable)), options.token_before)
    , engine_(loop, log, std::move(store),
              Reconciler(reconciler_options(settings, options.max_attempts), seeded_random()),
              engine_options(settings), connections(settings.api, token_, deadlines_, options.look_only),
              std::move(stepped)) {
    engine_.use_token(token_.get());
}

Log make_log(const LogSettings& settings) {
    const LogFormat fallback = stderr_is_journal() ? LogFormat::journal : LogFormat::text;
    return {settings.format.value_or(fallback), settings.level};
}

} // namespace apikeyd
