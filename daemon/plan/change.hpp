// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/key.hpp"
#include "state/known.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace apikeyd {

// Why a key is sent at all. Where several hold, the first in this order is given.
enum class Reason {
    in_doubt,   // an earlier request was not answered: the fields it carried are asserted
    first_seen, // nothing is known of the key: everything managed is asserted
    scheduled,  // a time in the file has come since the last answer
    changed,    // the known value differs from the desired one
    removed,    // the key was taken out of the file, and the settings say that it is to be disabled then
    look,       // it must be looked at before it may be disabled: nothing but its id is sent
    resync,     // asserted again because it was time to
    probe,      // it is looked at, before a plan is made, because the operator wants that, or to see whether
                // a token that was denied is taken again: nothing but its id is sent
};
std::string_view to_string(Reason reason) noexcept; // "in_doubt", ...

// What a change does, as reports name it.
enum class ChangeKind { assert_key, enable, disable, rename, update, look };
std::string_view to_string(ChangeKind kind) noexcept; // "assert", "enable", ...

// One PUT that is wanted: what and why. A value; it owns what it holds.
struct Change {
    KeyId id;
    Fields to;   // what to send; never empty
    Fields from; // what is known of the fields in `to`; a field without value is unknown or in doubt
    Reason reason = Reason::changed;
    std::string source; // file:line; empty where the file doesn't name the key
    KnownKey known;     // what was known of the key when this was decided

    ChangeKind kind() const noexcept;
    bool disables() const noexcept { return to.enabled == false; }
    friend bool operator==(const Change&, const Change&) = default;
};

} // namespace apikeyd
