// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/status_listening.hpp"

#include "config/listen_address.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/runtime/passed_socket.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace apikeyd {

namespace {

// What the units pass isn't what the settings ask for; it takes somebody to mend that.
int passed_as_asked() {
    try {
        return passed_socket();
    } catch (const std::runtime_error& error) {
        throw CommandError(exit_settings, error.what());
    }
}

} // namespace

std::unique_ptr<StatusService> make_status_service(const Settings& settings) {
    const auto address = parse_listen_address(settings.status.listen);
    if (!address) {
        return nullptr;
    }
    const int passed = address->kind == ListenAddress::Kind::passed ? passed_as_asked() : -1;
    auto service = std::make_unique<StatusService>(settings.status, passed, settings.state);
    if (!service->local() && !settings.status.allow_remote) {
        throw CommandError(
            exit_settings,
            fmt::format("other machines could reach {}, which systemd listens on, and the status server "
                        "asks nobody who they are; set status.allow_remote to allow it",
                        service->address()));
    }
    return service;
}

} // namespace apikeyd
