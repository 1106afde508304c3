// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/look_only_transport.hpp"

#include "daemon/api/key_codec.hpp"

#include <optional>
#include <string_view>
#include <utility>

namespace apikeyd {

namespace {

// Whether the request is, to the letter, what is sent for a key without any field.
bool is_look(const Request& request) {
    const std::string_view target = request.target;
    const std::size_t equals = target.rfind('=');
    const auto id = equals == std::string_view::npos ? std::nullopt : KeyId::parse(target.substr(equals + 1));
    if (!id) {
        return false;
    }
    const Request look = encode_update(*id, {});
    return request.target == look.target && request.body == look.body;
}

} // namespace

Exchange LookOnlyTransport::send(const Request& request) {
    if (!is_look(request)) {
        return NotSentFailure{"this command changes nothing, and the request would have"};
    }
    return transport_->send(request);
}

std::vector<std::unique_ptr<Transport>> look_only(std::vector<std::unique_ptr<Transport>> transports) {
    for (auto& transport : transports) {
        transport = std::make_unique<LookOnlyTransport>(std::move(transport));
    }
    return transports;
}

} // namespace apikeyd
