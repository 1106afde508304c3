// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/key.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace apikeyd::sandbox {

enum class FaultKind {
    none, // what a request without any fault gets
    ok,
    too_many,
    internal_error,
    internal_error_without_code,
    unavailable,
    unauthenticated,
    forbidden,
    reset_before,
    reset_after,
    close_before,
    close_after,
    truncate,
    html,
    redirect,
    empty,
    hang,
    hang_after,
    drip,
    wrong_id,
    other_name,
    ignore_enabled,
    extra,
    early_103,
    no_secret,
    secret_number,
    new_secret,
};

// How the answer leaves.
enum class Manner {
    whole,     // as an answer should
    reset,     // not at all: the connection is reset
    close,     // not at all: the connection is closed
    hang,      // not at all: the connection stays open
    truncated, // the length of all of it, half of it, and the end
    dripped,   // one byte each 100 ms
    followed,  // whole, then bytes that belong to nothing
    preceded,  // by an informational 103
};

struct FaultInfo {
    enum class Argument { none, optional, required };

    std::string_view name; // as the grammar has it
    FaultKind kind = FaultKind::none;
    Argument argument = Argument::none;
    bool reaches_keys = true; // whether the request is looked at and applied at all
    Manner manner = Manner::whole;
};

// Every fault there is; what the README lists.
std::span<const FaultInfo> all_faults();
const FaultInfo& info(FaultKind kind);

struct Fault {
    FaultKind kind = FaultKind::none;
    std::string argument;

    // As the grammar has it, without count and id; empty for none.
    std::string to_string() const;
};

// Why a schedule can't be read; one line.
struct GrammarError {
    std::string message;
};

// Which request gets which fault:
//   schedule = entry *( (";" / newline) entry )
//   entry    = fault [ "=" argument ] [ "*" ( count / "inf" ) ] [ "@" id ]
// Blanks around an entry don't matter, empty entries are passed over, '#' begins a comment that ends with the
// line. Entries are used up in order: a request takes from the first entry that is left and that is for any
// key or for its key. Not safe to use from several threads.
class FaultSchedule {
  public:
    static std::variant<FaultSchedule, GrammarError> parse(std::string_view spec);

    // The fault for a request; `id`: the key that it names, if any.
    Fault take(const std::optional<KeyId>& id);

    // What is left, in the grammar.
    std::string to_string() const;
    bool empty() const { return entries_.empty(); }

  private:
    struct Entry {
        Fault fault;
        std::optional<std::uint64_t> left = 1; // nothing: for ever
        std::optional<KeyId> id;
    };

    static std::variant<Entry, GrammarError> parse_entry(std::string_view text);

    std::deque<Entry> entries_;
};

} // namespace apikeyd::sandbox
