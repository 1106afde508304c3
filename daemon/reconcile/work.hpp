// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"
#include "daemon/plan/change.hpp"
#include "daemon/plan/plan.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace apikeyd {

// Where a change comes from.
struct Origin {
    std::string revision; // digest of the desired state that asks for it
    std::string commit;   // as history names it; empty: not known
};

// A change on its way: what is to be sent, and how often that was tried. A change without fields is a look.
struct Work {
    Change change;
    Fields desired;                       // all managed values of the file when it was decided
    unsigned attempt = 0;                 // tries so far
    bool tried = false;                   // the API had a chance to act on it
    std::uint64_t credentials = 0;        // the generation of the token that it was sent with
    std::shared_ptr<const Origin> origin; // never null
    bool own_key = false;                 // it disables the key that we use ourselves
    std::uint64_t passed = 0;             // the epoch of the gate in which the guard let it go; 0: it has not
    WallTime marked_at{};                 // when it was handed out last

    bool look() const noexcept { return change.to.empty(); }

    // The order of sending: what helps, what is harmless, what hurts, what locks us out.
    static constexpr int ranks = 4;
    int rank() const noexcept { return own_key ? 3 : sending_rank(change); }
};

} // namespace apikeyd
