// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "examples/sandbox/faults.hpp"
#include "examples/sandbox/key_world.hpp"

#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace apikeyd::sandbox {

// An answer before it is bytes.
struct Answer {
    int status = 200;
    std::string body;
    std::string content_type = "application/json; charset=utf-8";
    std::vector<std::pair<std::string, std::string>> headers = {}; // beyond type, length and connection
};

Answer json_answer(std::string body);
Answer refusal_answer(const Refusal& refusal);

// What a fault that never reaches the keys answers with. `now`: for dates in headers.
Answer fault_answer(const Fault& fault, WallTime now);

// Header and body as they go over the wire.
std::string to_bytes(const Answer& answer, bool keep_alive);

// Ends every wait of a server at once. All members are safe to call from several threads.
class Stopper {
  public:
    enum class Woken { time_passed, stopped, client_left };

    Stopper(); // throws std::system_error
    ~Stopper();
    Stopper(const Stopper&) = delete;
    Stopper& operator=(const Stopper&) = delete;

    void stop() noexcept;

    // Waits until `time` has passed (less than zero: for ever), stop() was called or, if a socket is given,
    // its other side has closed it.
    Woken wait(std::chrono::milliseconds time, const Poco::Net::StreamSocket* client = nullptr) const;

  private:
    int event_; // an eventfd: a wait must watch a socket as well, and a condition variable can't
};

// Sends an answer, or does to it what `manner` says. Returns whether the connection may be used for another
// request; where not, the caller closes it. Throws Poco::Exception if the client has gone.
bool deliver(Poco::Net::StreamSocket& client, const Answer& answer, Manner manner, bool keep_alive,
             const Stopper& stopper);

} // namespace apikeyd::sandbox
