// SPDX-License-Identifier: Apache-2.0
// no_store URL TOKEN_FILE CONNECTIONS KEYS: what `apikeyd apply` is but for the state: plan, reconciler,
// workers and log are the daemon's own, and what is to be recorded is dropped. Prints the seconds from the
// plan to the last answer.
#include "daemon/api/poco_transport.hpp"
#include "daemon/plan/plan.hpp"
#include "daemon/reconcile/reconciler.hpp"
#include "daemon/runtime/event_log.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/worker_pool.hpp"
#include "tests/bench/bare_yaml.hpp"
#include "tests/bench/bench_keys.hpp"

#include <exception>
#include <iostream>
#include <memory>
#include <poll.h>
#include <string>

namespace {

using namespace apikeyd;

constexpr std::size_t window_per_worker = 4;          // as the daemon's
constexpr std::chrono::milliseconds patience{30'000}; // for one answer

// Every key as it was before the file was edited.
class Before final : public KnownSequence {
  public:
    Before(const DesiredState& desired, const Fingerprint& secret)
        : desired_(desired)
        , secret_(secret) {}
    const KnownKey* next() override {
        if (at_ == desired_.keys().size()) {
            return nullptr;
        }
        known_ = bench::answered_as_desired(desired_.keys()[at_++], secret_, {});
        known_.observed->name = "before";
        return &known_;
    }

  private:
    const DesiredState& desired_;
    Fingerprint secret_;
    std::size_t at_ = 0;
    KnownKey known_;
};

struct Client {
    std::string url, token_file;
    std::size_t connections;
    Fingerprinter fingerprinter{Secret(std::string(32, 'k'))};
};

WorkerPool make_pool(const Client& client, DeadlineKeeper& deadlines) {
    std::string text = bench::read_file(client.token_file);
    text.erase(text.find_last_not_of('\n') + 1);
    const Secret token(std::move(text));
    TransportOptions options{client.url, "", std::chrono::seconds{10}, "apikeyd/bench"};
    return WorkerPool(make_poco_transports(
                          client.connections, options, [token] { return token; }, deadlines),
                      client.fingerprinter);
}

double converge(const Client& client, const std::string& keys) {
    const auto desired = std::make_shared<const DesiredState>(bench::require_keys(keys));
    DeadlineKeeper deadlines;
    WorkerPool pool = make_pool(client, deadlines);
    Log log(LogFormat::json, LogLevel::info);
    ReconcilerOptions options;
    options.window = client.connections * window_per_worker;
    Reconciler reconciler(options, [] { return 0ULL; });

    const auto carry_out = [&](Actions actions) {
        for (const Event& event : actions.events) {
            log_event(log, event);
        }
        pool.submit(std::move(actions.dispatches));
    };
    Before before(*desired, client.fingerprinter(bench::secret_of_every_key));
    Plan plan = make_plan(*desired, before);
    const MonoTime begin = current_time().mono;
    carry_out(reconciler.desired_changed(desired, std::move(plan), {1, ""}, {}, current_time()));
    while (reconciler.active()) {
        pollfd ready{pool.ready_fd(), POLLIN, 0};
        if (poll(&ready, 1, static_cast<int>(patience.count())) != 1) {
            throw std::runtime_error("no answer");
        }
        carry_out(reconciler.answered(pool.drain(), current_time()));
    }
    if (reconciler.key_counts()[KeyState::in_sync] != desired->keys().size()) {
        throw std::runtime_error("not every key was answered as asked");
    }
    return std::chrono::duration<double>(current_time().mono - begin).count();
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::cerr << "usage: no_store URL TOKEN_FILE CONNECTIONS KEYS\n";
        return 64;
    }
    try {
        block_signals();
        std::cout << converge({argv[1], argv[2], std::stoul(argv[3])}, argv[4]) << '\n';
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "no_store: " << error.what() << '\n';
        return 1;
    }
}
