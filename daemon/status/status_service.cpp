// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/status_service.hpp"

#include "daemon/status/endpoints.hpp"

#include <algorithm>
#include <utility>

namespace apikeyd {

StatusService::StatusService(const StatusSettings& settings, int passed, std::string state_path)
    : listener_(std::in_place, parse_listen_address(settings.listen).value(), passed)
    , hosts_(listener_->is_path() ? HostCheck::anything() : HostCheck::names(settings.allowed_hosts))
    , address_(listener_->address())
    , local_(listener_->local())
    , reader_(std::move(state_path)) {}

StatusService::~StatusService() {
    pulse_.stop(); // or whoever asks would be waited for
}

void StatusService::start(EventLoop& loop, Engine& engine, const DesiredFollower& follower,
                          ProcessHistory& history, const Told& told) {
    pulse_.attach(loop);
    engine_ = &engine;
    follower_ = &follower;
    // Of an earlier process, or of a state that this one had none of so far.
    history.published.last_converged =
        std::max(history.published.last_converged, engine.store().last_converged());
    publisher_.emplace(board_, history.counters, history.started, history.published);
    publish(told);
    Site site(hosts_);
    add_endpoints(site, board_, pulse_, reader_);
    server_.emplace(*std::exchange(listener_, std::nullopt), std::move(site));
}

void StatusService::publish(const Told& told) {
    if (publisher_) {
        publisher_->publish(*engine_, *follower_, told, current_time().wall);
    }
}

} // namespace apikeyd
