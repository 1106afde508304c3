// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/simulation.hpp"

#include "daemon/plan/plan.hpp"

#include <algorithm>
#include <iostream>
#include <utility>

namespace apikeyd::simulation {

using namespace std::chrono_literals;

namespace {

constexpr unsigned universe = 14;     // keys at the API
constexpr unsigned known_to_api = 12; // the others don't exist there
constexpr auto request_timeout = 10s;
constexpr auto longest_denial =
    ReconcilerOptions{}.denied_retry + 15s; // what is on the wire comes back first
constexpr const char* server = "https://api.simulated";

KeyId key(unsigned n) {
    KeyId::Bytes bytes{};
    bytes[KeyId::size - 1] = static_cast<std::uint8_t>(n + 1);
    return KeyId(bytes);
}

Fingerprint secret(unsigned n) {
    Fingerprint print{};
    print.fill(static_cast<std::uint8_t>(n + 1));
    return print;
}

Weather draw_weather(Dice& dice) {
    Weather weather;
    const auto some = [&](double most) {
        return dice.chance(0.5) ? most * static_cast<double>(dice.below(100)) / 100.0 : 0;
    };
    weather.lost_request = some(0.3);
    weather.lost_answer = some(0.3);
    weather.unavailable = some(0.3);
    weather.throttled = some(0.2);
    weather.refused = some(0.3);
    weather.proxy_page = some(0.2);
    weather.twice = some(0.2);
    weather.crash = some(0.02);
    weather.edit = 0.3 + some(0.4);
    weather.revert = some(0.4);
    weather.foreign = some(0.2);
    weather.approve = some(0.5);
    weather.token = some(0.1);
    weather.disk_full = some(0.1);
    weather.clock = some(0.2);
    weather.suspend = some(0.1);
    weather.timed = some(0.5);
    weather.refresh = dice.chance(0.3);
    weather.workers = 1 + dice.below(6);
    weather.resync = dice.chance(0.4) ? 3600s : 0s;
    weather.disable_removed = dice.chance(0.4);
    weather.max_disable = dice.chance(0.5) ? DisableLimit{Percentage{static_cast<double>(dice.below(101))}}
                                           : DisableLimit{std::uint64_t{dice.below(8)}};
    return weather;
}

// What a file wants at a moment; apart from the code under test.
WantedFile in_force(WantedFile file, WallTime now) {
    for (auto& [id, wanted] : file) {
        if (wanted.enabled != false && (wanted.from || wanted.until)) {
            wanted.enabled = (!wanted.from || *wanted.from <= now) && (!wanted.until || now < *wanted.until);
        }
    }
    return file;
}

} // namespace

Simulation::Simulation(std::uint64_t seed, bool trace)
    : dice_(seed)
    , weather_(draw_weather(dice_))
    , store_(StateStore::open(":memory:"))
    , seed_(seed)
    , trace_(trace) {
    for (unsigned n = 0; n < known_to_api; ++n) {
        RemoteKey& remote = remote_[key(n)];
        remote.enabled = dice_.chance(0.7);
        remote.secret = secret(n);
    }
    remote_[key(0)].enabled = true; // ours at first
    token_ = secret(0);
}

long Simulation::milliseconds() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now_.mono - MonoTime{1h}).count();
}

void Simulation::violated(const std::string& what) const {
    throw Violation("seed " + std::to_string(seed_) + ", at " + std::to_string(milliseconds()) +
                    " ms: " + what);
}

void Simulation::trace(const std::string& what) const {
    if (trace_) {
        std::cout << milliseconds() << " ms  " << what << "\n";
    }
}

void Simulation::trace(const std::vector<Event>& events) const {
    for (const Event& event : events) {
        if (const auto* updated = std::get_if<KeyUpdated>(&event)) {
            trace("answered " + updated->key.id.to_string() +
                  (updated->key.enabled ? " enabled '" : " disabled '") + updated->key.name +
                  "', sent since " + std::string(to_string(updated->reason)));
        } else if (const auto* retry = std::get_if<KeyRetry>(&event)) {
            trace("retry " + retry->id.to_string() + " in " + std::to_string(retry->delay.count()) +
                  " ms: " + retry->why);
        } else if (const auto* held = std::get_if<PlanHeld>(&event)) {
            trace("held " + std::to_string(held->plan.ids.size()) + ": " + held->plan.why);
        } else if (const auto* made = std::get_if<PlanMade>(&event)) {
            trace("plan of " + std::to_string(made->changes) + " changes, " + std::to_string(made->disables) +
                  " disables");
        } else if (const auto* finished = std::get_if<ReconcileFinished>(&event)) {
            trace("finished: " + std::string(to_string(finished->result)));
        } else if (const auto* refreshed = std::get_if<RefreshFinished>(&event)) {
            trace("looked at " + std::to_string(refreshed->result.looked_at) + ", " +
                  std::to_string(refreshed->result.failed) + " failed " + refreshed->result.stopped);
        } else if (const auto* rejected = std::get_if<KeyRejected>(&event)) {
            trace("rejected " + rejected->id.to_string() + ": " + rejected->why);
        }
    }
}

// --- the daemon around the machine, as the engine does it

void Simulation::start() {
    ++incarnation_;
    trace("start of process " + std::to_string(incarnation_));
    ReconcilerOptions options;
    options.window = weather_.workers * 3U;
    options.resync = weather_.resync;
    machine_.emplace(options, [this] { return dice_.bits(); });
    pending_ = {};
    queue_.clear();
    halted_ = false;
    disabled_.clear();
    plan_due_ = true;
    refresh_wanted_ = weather_.refresh;
    suspension_ = store_.suspension();
    if (suspension_) {
        (void)machine_->suspend(now_);
    }
    turn();
    plan();
}

// What was not durable is gone, and nobody waits for the answers. What is on the wire arrives before the next
// process sends anything, or never.
void Simulation::crash() {
    for (Flight& flight : flights_) {
        if (flight.incarnation == incarnation_ && !flight.applied && dice_.chance(0.5)) {
            land(flight);
        }
    }
    flights_.clear();
    start();
}

// Throws nothing: the caller goes on with a fresh process if this says so.
bool Simulation::stopping_point() {
    return faults_ && dice_.chance(weather_.crash);
}

void Simulation::plan() {
    if (!plan_due_ || !pending_.batch.empty() || !desired_) {
        return;
    }
    if (refresh_wanted_ && !suspension_) {
        plan_due_ = refresh_wanted_ = false;
        auto probes = plan_probes(*desired_, *store_.known());
        perform(machine_->refresh(desired_, std::move(probes), {server, store_.probes_proven() == server}, {},
                                  now_));
        return;
    }
    Safeguards safeguards;
    safeguards.max_disable = weather_.max_disable;
    safeguards.disable_removed = weather_.disable_removed;
    safeguards.own.token = token_;
    safeguards.held = store_.held_plan();
    Plan plan = make_plan(*desired_, *store_.known(), {safeguards.disable_removed, safeguards.own});
    plan_due_ = false;
    perform(machine_->desired_changed(desired_, std::move(plan), {store_.next_reconciliation(), ""},
                                      std::move(safeguards), now_));
}

void Simulation::perform(Actions actions) {
    const bool withdraw = std::exchange(actions.withdraw, false);
    const auto wanted = std::exchange(actions.look_up, {});
    trace(actions.events);
    pending_.append(std::move(actions));
    if (withdraw) {
        take_back();
    } else {
        flush();
    }
    if (!wanted.empty() && pending_.batch.empty()) {
        std::vector<KnownKey> found;
        for (const KeyId& id : wanted) {
            if (auto known = store_.find(id)) {
                found.push_back(std::move(*known));
            }
        }
        perform(machine_->looked_up(found, now_));
    }
}

void Simulation::take_back() {
    std::vector<KeyId> ids;
    for (const Dispatch& dispatch : queue_) {
        ids.push_back(dispatch.id);
    }
    queue_.clear();
    halted_ = false;
    for (const Dispatch& dispatch : pending_.dispatches) {
        ids.push_back(dispatch.id);
    }
    pending_.dispatches.clear();
    perform(machine_->withdrawn(ids, now_));
}

void Simulation::flush() {
    if (now_.mono < disk_full_until_ && !pending_.batch.empty()) {
        return;
    }
    store_.commit(pending_.batch);
    Actions done = std::exchange(pending_, {});
    for (const Event& event : done.events) {
        if (std::holds_alternative<RefreshFinished>(event)) {
            plan_due_ = true;
            machine_->await_plan();
        }
    }
    for (Dispatch& dispatch : done.dispatches) {
        queue_.push_back(std::move(dispatch));
    }
    fill_workers();
    plan();
}

void Simulation::fill_workers() {
    const auto busy = [&] {
        return static_cast<unsigned>(std::ranges::count(flights_, incarnation_, &Flight::incarnation));
    };
    while (!halted_ && !queue_.empty() && busy() < weather_.workers) {
        const Dispatch dispatch = std::move(queue_.front());
        queue_.pop_front();
        check_dispatch(dispatch);
        launch(dispatch);
    }
    check_bounds();
}

void Simulation::launch(const Dispatch& dispatch) {
    ++requests_;
    trace("send " + dispatch.id.to_string() +
          (dispatch.fields.name ? " name '" + *dispatch.fields.name + "'" : "") +
          (dispatch.fields.enabled ? (*dispatch.fields.enabled ? " enabled" : " disabled") : ""));
    const auto wanted = file_.find(dispatch.id);
    Flight flight{incarnation_,
                  dispatch,
                  wanted != file_.end() ? Fields{wanted->second.name, wanted->second.enabled} : Fields{},
                  now_.mono + dice_.between(0, 200),
                  {},
                  false,
                  Flight::Fate::answered,
                  false};
    flight.answers_at = flight.applies_at + dice_.between(0, 300);
    if (faults_) {
        using Fate = Flight::Fate;
        for (const auto& [chance, fate] :
             {std::pair{weather_.lost_request, Fate::lost_request},
              std::pair{weather_.lost_answer, Fate::lost_answer},
              std::pair{weather_.unavailable, Fate::unavailable},
              std::pair{weather_.throttled, Fate::throttled}, std::pair{weather_.refused, Fate::refused},
              std::pair{weather_.proxy_page, Fate::proxy_page}}) {
            if (flight.fate == Fate::answered && dice_.chance(chance)) {
                flight.fate = fate;
            }
        }
        flight.twice = dice_.chance(weather_.twice);
        if (flight.fate == Fate::lost_request || flight.fate == Fate::lost_answer) {
            flight.answers_at = now_.mono + request_timeout; // the deadline speaks
        }
    }
    flights_.push_back(std::move(flight));
}

// --- the world

// What the API would never accept, whoever asks.
bool Simulation::rejects(const KeyId& id, const Fields& fields) const {
    return !remote_.contains(id) || (fields.name && fields.name->starts_with("bad"));
}

// The request reaches the API, where it does.
void Simulation::land(Flight& flight) {
    flight.applied = true;
    using Fate = Flight::Fate;
    // What a proxy answers in place of the API may have been applied all the same.
    const bool reaches =
        flight.fate == Fate::answered || flight.fate == Fate::lost_answer ||
        ((flight.fate == Fate::unavailable || flight.fate == Fate::proxy_page) && dice_.chance(0.5));
    const Dispatch& dispatch = flight.dispatch;
    flight.denied = !token_valid_;
    if (!reaches || !token_valid_ || rejects(dispatch.id, dispatch.fields)) {
        return;
    }
    for (int times = flight.twice ? 2 : 1; times > 0; --times) {
        RemoteKey& remote = remote_[dispatch.id];
        if (dispatch.fields.name) {
            // A name with a blank at its end is stored without it.
            const auto end = dispatch.fields.name->find_last_not_of(' ');
            remote.name = dispatch.fields.name->substr(0, end + 1);
        }
        remote.enabled = dispatch.fields.enabled.value_or(remote.enabled);
    }
    flight.result = remote_.at(dispatch.id);
    if (flight.fate == Fate::answered) {
        foreign_.erase(dispatch.id);
    }
}

Answer Simulation::answer_of(const Flight& flight) {
    const KeyId id = flight.dispatch.id;
    using Fate = Flight::Fate;
    switch (flight.fate) {
    case Fate::lost_request:
    case Fate::lost_answer:
        return {id, Unknown{"no answer"}, 0, 10s};
    case Fate::unavailable:
        return {id, Retryable{"HTTP 503", std::nullopt}, 503, 10ms};
    case Fate::proxy_page:
        return {id, Retryable{"HTML", std::nullopt}, 200, 10ms};
    case Fate::throttled:
        return {id,
                Throttled{"HTTP 429", dice_.chance(0.5)
                                          ? std::optional<std::chrono::milliseconds>(dice_.between(0, 60'000))
                                          : std::nullopt},
                429, 10ms};
    case Fate::refused:
        return {id, NotSent{"refused"}, 0, 1ms};
    case Fate::answered:
        break;
    }
    if (flight.denied) {
        return {id, Denied{"HTTP 401"}, 401, 10ms};
    }
    if (rejects(id, flight.dispatch.fields)) {
        return {id, Rejected{"HTTP 500 (BAD_USER_INPUT)"}, 500, 10ms};
    }
    const RemoteKey& remote = flight.result;
    ApiKey answer;
    answer.id = id;
    answer.name = remote.name;
    answer.enabled = remote.enabled;
    answer.secret = remote.secret;
    answer.created_at = answer.updated_at = "2024-01-01T00:00:00Z";
    return {id, Applied{std::move(answer)}, 200, 10ms};
}

void Simulation::write_file(WantedFile file) {
    previous_written_ = std::exchange(written_, std::move(file));
    file_ = in_force(written_, now_.wall);
    for (const auto& [id, wanted] : file_) {
        trace("file: " + id.to_string() + (wanted.name ? " name '" + *wanted.name + "'" : "") +
              (wanted.enabled ? (*wanted.enabled ? " enabled" : " disabled") : ""));
    }
    DesiredState::Builder builder;
    const auto index = builder.add_file("keys.yaml");
    Sha256 digest;
    std::uint32_t line = 3;
    for (const auto& [id, wanted] : written_) {
        const EnabledTimes times =
            wanted.enabled == false ? EnabledTimes{} : EnabledTimes{wanted.from, wanted.until};
        builder.add(id, wanted.name, wanted.enabled, index, line++, times);
        digest.update(id.to_string() + wanted.name.value_or("\x01") +
                      (wanted.enabled ? (*wanted.enabled ? "+" : "-") : "?"));
        for (const auto& time : {times.from, times.until}) {
            digest.update(time ? format_rfc3339(*time) : "-");
        }
        ever_wanted_.insert(id);
    }
    desired_ = std::make_shared<const DesiredState>(std::move(builder).build(digest.finish(), now_.wall));
    forget_the_old_file();
    refresh_wanted_ = weather_.refresh;
    replan();
}

// What is wanted is another thing now.
void Simulation::forget_the_old_file() {
    std::erase_if(rejected_, [&](const auto& one) {
        const auto wanted = file_.find(one.first);
        return wanted == file_.end() || !(Fields{wanted->second.name, wanted->second.enabled} == one.second);
    });
    disabled_.clear();
}

void Simulation::replan() {
    plan_due_ = true;
    if (machine_) {
        machine_->await_plan();
        take_back();
        plan();
    }
}

// As the engine does it, when a moment comes that the file names or the clock is set.
void Simulation::turn() {
    if (!desired_) {
        return;
    }
    auto turned = std::make_shared<const DesiredState>(desired_->at(now_.wall));
    if (turned->intent() == desired_->intent()) {
        return;
    }
    trace("another moment: " + turned->intent());
    desired_ = std::move(turned);
    file_ = in_force(written_, now_.wall);
    forget_the_old_file();
    if (!machine_ || !machine_->refreshing()) { // else a plan follows the looks
        replan();
    }
}

std::optional<WallTime> Simulation::next_moment() const {
    std::optional<WallTime> at = desired_ ? desired_->next_transition() : std::nullopt;
    if (suspension_) {
        at = at ? std::min(*at, suspension_->until) : suspension_->until;
    }
    return at;
}

void Simulation::suspend() {
    suspension_ = Suspension{now_.wall, now_.wall + dice_.between(0, 20'000), "why", "operator"};
    trace("suspended");
    Actions actions = machine_->suspend(now_);
    actions.batch.suspension.emplace(suspension_);
    perform(std::move(actions));
}

void Simulation::resume() {
    suspension_.reset();
    trace("resumed");
    if (weather_.refresh) { // before anything is handed out
        refresh_wanted_ = plan_due_ = true;
        machine_->await_plan();
    }
    Actions actions = machine_->resume(now_);
    actions.batch.suspension.emplace(std::nullopt);
    perform(std::move(actions));
}

void Simulation::edit() {
    if (dice_.chance(weather_.revert)) {
        write_file(previous_written_);
        return;
    }
    static constexpr const char* names[] = {"billing", "mobile", "import", "bad name", "trimmed ", "other"};
    WantedFile file = written_;
    const unsigned edits = dice_.chance(0.15) ? 10 : 1 + dice_.below(3); // now and then a sweeping one
    const bool disable_all = edits == 10 && dice_.chance(0.5);
    for (unsigned i = 0; i < edits; ++i) {
        const KeyId id = key(disable_all ? i : dice_.below(universe));
        if (!disable_all && dice_.chance(0.15)) {
            file.erase(id);
            continue;
        }
        WantedKey& wanted = file[id];
        if (disable_all) {
            wanted.enabled = false;
        } else if (dice_.chance(weather_.timed)) {
            wanted.enabled = dice_.chance(0.5) ? std::nullopt : std::optional(true);
            const WallTime at = now_.wall + dice_.between(-20'000, 40'000);
            wanted.from = dice_.chance(0.5) ? std::optional(at) : std::nullopt;
            wanted.until = dice_.chance(0.5) ? std::optional(at + dice_.between(1, 20'000)) : std::nullopt;
        } else if (dice_.chance(0.5)) {
            wanted.enabled = dice_.chance(0.2) ? std::nullopt : std::optional(dice_.chance(0.6));
        } else {
            wanted.name =
                dice_.chance(0.2) ? std::nullopt : std::optional<std::string>(names[dice_.below(6)]);
        }
    }
    if (dice_.chance(0.02)) {
        file.clear();
    }
    write_file(std::move(file));
}

void Simulation::foreign_change() {
    const KeyId id = key(dice_.below(known_to_api));
    RemoteKey& remote = remote_[id];
    if (remote.secret == token_) {
        return; // who disables our key from outside has locked us out; that is theirs to mend
    }
    if (dice_.chance(0.5)) {
        remote.enabled = !remote.enabled;
    } else {
        remote.name = "by somebody else";
    }
    foreign_.insert(id);
    trace("somebody else changes " + id.to_string());
}

void Simulation::approve() {
    auto held = store_.held_plan();
    if (!held || held->approved_at || plan_due_ || held->revision != desired_->intent()) {
        return;
    }
    trace("the operator approves of " + std::to_string(held->ids.size()));
    Actions actions;
    actions.batch.held.emplace(apikeyd::approve(std::move(*held), now_.wall));
    plan_due_ = true;
    machine_->await_plan();
    perform(std::move(actions));
    take_back();
    plan();
}

// Revoked, let in again without a word to the daemon, renewed, or another key's secret is used from now on.
void Simulation::change_token() {
    if (token_valid_ && dice_.chance(0.5)) {
        token_valid_ = false;
        return;
    }
    if (!token_valid_ && dice_.chance(0.5)) {
        token_valid_ = true;
        trace("the token is good again");
        return;
    }
    token_valid_ = true;
    trace("a new token");
    const KeyId id = key(dice_.below(known_to_api));
    const bool on_its_way =
        std::ranges::any_of(flights_, [&](const Flight& flight) { return flight.dispatch.id == id; });
    const auto wanted = file_.find(id);
    const bool doomed = wanted != file_.end() ? wanted->second.enabled == false : weather_.disable_removed;
    if (remote_.at(id).enabled && !doomed && !on_its_way) {
        remote_[id].secret = secret(
            100 + fresh_secrets_++); // which no answer has shown yet, nor that of another key ever will
        token_ = remote_[id].secret;
    }
    plan_due_ = true;
    machine_->await_plan();
    perform(machine_->credentials_changed(now_));
    take_back();
    plan();
}

void Simulation::chaos() {
    if (dice_.chance(weather_.edit)) {
        edit();
    }
    if (dice_.chance(weather_.foreign)) {
        foreign_change();
    }
    if (dice_.chance(weather_.approve)) {
        approve();
    }
    if (dice_.chance(weather_.token)) {
        change_token();
    }
    if (dice_.chance(weather_.clock)) {
        now_.wall +=
            std::chrono::hours{static_cast<int>(dice_.below(4801)) - 2400}; // whatever somebody sets it to
        turn();
    }
    if (dice_.chance(weather_.suspend)) {
        suspend();
    }
    if (dice_.chance(weather_.disk_full)) {
        disk_full_until_ = now_.mono + dice_.between(0, 20'000);
    }
    if (stopping_point()) {
        crash();
    }
}

MonoTime Simulation::next_event() const {
    MonoTime at = MonoTime::max();
    for (const Flight& flight : flights_) {
        at = std::min(at, flight.applied ? flight.answers_at : flight.applies_at);
    }
    if (const auto wakeup = machine_->next_wakeup()) {
        at = std::min(at, *wakeup);
    }
    if (!pending_.batch.empty()) {
        at = std::min(at, std::max(disk_full_until_, now_.mono));
    }
    if (const auto moment = next_moment()) {
        at = std::min(at, now_.mono + std::max(*moment - now_.wall, std::chrono::milliseconds{0}));
    }
    return at;
}

void Simulation::advance_to(MonoTime time) {
    if (time > now_.mono) {
        now_.wall += std::chrono::ceil<std::chrono::milliseconds>(time - now_.mono);
        now_.mono = time;
    }
}

// Everything that is due now.
void Simulation::step() {
    turn();
    if (suspension_ && suspension_->until <= now_.wall) {
        resume();
    }
    for (Flight& flight : flights_) {
        if (!flight.applied && flight.applies_at <= now_.mono) {
            land(flight);
        }
    }
    std::vector<Answer> answers;
    std::map<KeyId, Fields> refused;
    std::map<KeyId, Fields> looks_refused;
    std::erase_if(flights_, [&](const Flight& flight) {
        if (!flight.applied || flight.answers_at > now_.mono) {
            return false;
        }
        if (flight.incarnation == incarnation_) {
            answers.push_back(answer_of(flight));
            if (std::holds_alternative<Rejected>(answers.back().outcome)) {
                (flight.dispatch.fields.empty() ? looks_refused : refused)[flight.dispatch.id] =
                    flight.wanted;
            }
        }
        return true;
    });
    if (stopping_point()) { // after the answers, before their commit
        crash();
        return;
    }
    for (const Answer& answer : answers) {
        halted_ = halted_ || std::holds_alternative<Throttled>(answer.outcome) ||
                  std::holds_alternative<Denied>(answer.outcome);
    }
    remember_refused(refused);
    if (!answers.empty()) {
        perform(machine_->answered(std::move(answers), now_));
    }
    // A look that was refused before a plan says nothing of the values; whether it was such a one shows here.
    std::erase_if(looks_refused, [&](const auto& one) {
        const auto known = store_.find(one.first);
        return !known || !known->rejection || known->rejection->desired != one.second;
    });
    remember_refused(looks_refused);
    perform(machine_->time_passed(now_));
    fill_workers();
    check_wakeup();
}

// A refusal that is durable, of what the file still asks for.
void Simulation::remember_refused(const std::map<KeyId, Fields>& refused) {
    for (const auto& [id, fields] : refused) {
        disabled_.erase(id); // asked for, and not done
        const auto wanted = file_.find(id);
        const bool durable = pending_.batch.empty() && now_.mono >= disk_full_until_;
        if (durable && wanted != file_.end() &&
            Fields{wanted->second.name, wanted->second.enabled} == fields) {
            rejected_[id] = fields;
        }
    }
}

void Simulation::run() {
    write_file({});
    start();
    for (int round = 0; round < 25; ++round) {
        chaos();
        const MonoTime until = now_.mono + dice_.between(10, 8'000);
        for (MonoTime next = next_event(); next <= until; next = next_event()) {
            advance_to(next);
            step();
        }
        advance_to(until);
        step();
    }
    come_to_rest();
    check_rest();
}

// Faults over, token good, holds approved: everything must end as the file says, within a bounded time.
void Simulation::come_to_rest() {
    faults_ = false;
    disk_full_until_ = now_.mono;
    if (suspension_) {
        resume();
    }
    const bool revoked = !std::exchange(token_valid_, true);
    if (revoked && dice_.chance(0.5)) { // else nobody tells the daemon
        perform(machine_->credentials_changed(now_));
    }
    const MonoTime good_since = now_.mono;
    // With resync, long enough for two rounds at their slowest: they find what somebody else changed.
    const MonoTime end = now_.mono + (weather_.resync == 0s ? 0h : 6h);
    const MonoTime latest = end + 6h;
    for (;;) {
        step();
        approve();
        const bool idle = flights_.empty() && !machine_->active() && pending_.batch.empty() && !plan_due_;
        const MonoTime next = next_event();
        if (idle && (next == MonoTime::max() || (now_.mono >= end && !denied_for_nothing()))) {
            return;
        }
        if (denied_for_nothing() && now_.mono > good_since + longest_denial) {
            violated("the token is good again, and is not tried");
        }
        if (next == MonoTime::max()) {
            violated("nothing will ever happen again, and the work isn't done");
        }
        advance_to(next);
        if (now_.mono > latest) {
            violated("no rest within six hours after the last fault");
        }
    }
}

} // namespace apikeyd::simulation
