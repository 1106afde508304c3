// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/key.hpp"
#include "config/secret.hpp"
#include "config/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apikeyd {

// Values of the two fields that can be managed; a field without a value is not meant.
struct Fields {
    std::optional<std::string> name;
    std::optional<bool> enabled;

    bool empty() const noexcept { return !name && !enabled; }
    friend bool operator==(const Fields&, const Fields&) = default;
};

// What an answer said about a key.
struct Observed {
    std::string name;
    bool enabled = false;
    std::string created_at; // RFC 3339, as the API wrote it
    std::string updated_at;
    WallTime observed_at{};
    Fingerprint secret{};

    friend bool operator==(const Observed&, const Observed&) = default;
};

// Fields that were sent without an answer that settles them: the remote value may be the old or the new one.
struct Doubt {
    bool name = false;
    bool enabled = false;
    WallTime since{}; // when the oldest of them was sent

    bool any() const noexcept { return name || enabled; }
    friend bool operator==(const Doubt&, const Doubt&) = default;
};

// The API refused these values, or stored others; final until the file asks for something else.
struct Rejection {
    Fields desired;  // the managed values of the file at that time, all of them
    std::string why; // for people; no secret in it
    WallTime at{};

    friend bool operator==(const Rejection&, const Rejection&) = default;
};

// All that is known of one key.
struct KnownKey {
    KeyId id;
    std::optional<Observed> observed; // nothing: no answer yet
    Doubt doubt;
    std::optional<Rejection> rejection;

    friend bool operator==(const KnownKey&, const KnownKey&) = default;
};

// A key that is about to be sent: what is in doubt of it from now on. All else that is known of it stands.
struct KeyMark {
    KeyId id;
    Doubt doubt;

    friend bool operator==(const KeyMark&, const KeyMark&) = default;
};

// A stream of known keys in ascending order of id. Single pass, single thread.
class KnownSequence {
  public:
    virtual ~KnownSequence() = default;
    // The next key, or nullptr at the end; valid until the next call.
    virtual const KnownKey* next() = 0;
};

// One line of the audit trail: one answer, or the lack of one; or something that was done to no key.
struct HistoryEntry {
    std::int64_t seq = 0; // given by the store
    WallTime at{};
    std::optional<KeyId> id; // nothing: about no key
    std::int64_t reconciliation = 0;
    std::string reason; // first_seen, changed, in_doubt, ...; of no key: suspended, resumed, approved, pruned
    Fields asked;       // what was sent
    std::optional<std::string> before_name; // what was known before; nothing: unknown, or in doubt
    std::optional<bool> before_enabled;
    std::optional<std::string> after_name; // what the answer said; nothing: no such answer
    std::optional<bool> after_enabled;
    std::string
        outcome; // applied, rejected, retryable, throttled, not_sent, unknown, denied; of no key: empty
    int http_status = 0; // 0: no answer
    unsigned attempt = 0;
    std::chrono::milliseconds duration{0};
    std::string source;   // file:line
    std::string revision; // digest of the desired state
    std::string detail;   // why, for people
    std::string commit;   // commit_reference() of where the desired state comes from; empty: from no commit
    std::string actor;    // the user who asked for it; empty: nobody but the daemon itself
};

// The reason of the row that tells of rows taken out of the history. The store alone writes it.
inline constexpr std::string_view pruned_reason = "pruned";

// What is wrong with the history, at the first row where something is.
struct HistoryFault {
    enum class Kind {
        changed, // the row isn't as it was written; or it was put there, or the one before it was changed
        missing, // the row is gone
        added,   // the row was not written by this program
        head_missing,   // the mark of the newest row is gone: rows behind this one may be, too
        anchor_changed, // the mark of what was pruned isn't the one that the history names
    };
    Kind kind = Kind::changed;
    std::int64_t seq = 0; // the row; 0: there is none

    friend bool operator==(const HistoryFault&, const HistoryFault&) = default;
};

// What a look at the whole history finds.
struct HistoryVerdict {
    std::uint64_t rows = 0;                 // looked at, and found to be good
    std::int64_t first_seq = 0;             // 0: no rows
    std::int64_t last_seq = 0;              // of those that are good
    std::string head;                       // digest of the newest good row: whoever keeps it can tell the
                                            // history from any other, even one that was made anew as a whole
    std::optional<std::int64_t> pruned_to;  // rows up to this one were taken out by the retention
    std::uint64_t unchained = 0;            // older rows, from before there was a chain: nothing can be said
                                            // of them
    std::optional<HistoryFault> fault = {}; // nothing: intact
};

// What a step of pruning did.
struct Pruning {
    std::uint64_t rows = 0;                 // taken out
    std::int64_t up_to = 0;                 // the newest of them; 0: none
    std::optional<HistoryFault> fault = {}; // what was to be taken out isn't as it was written: nothing was

    friend bool operator==(const Pruning&, const Pruning&) = default;
};

// One run from a plan to its end.
struct ReconciliationEntry {
    std::int64_t seq = 0;
    WallTime started_at{};
    std::optional<WallTime> finished_at; // nothing: under way, or cut off by a crash
    std::string revision;
    std::string result; // converged, held, incomplete, superseded, interrupted; empty while under way
    std::uint64_t planned = 0, applied = 0, rejected = 0, failed = 0, held = 0;
};

// The part of a plan that waits for approval of just this digest.
struct HeldPlan {
    std::string digest;   // over the changes held; "sha256:…"
    std::string revision; // digest of the desired state that asks for them; another one ends the hold
    std::string why;
    WallTime since{};
    std::vector<KeyId> ids;              // ascending
    std::optional<WallTime> approved_at; // nothing: not approved
    std::vector<KeyId> approved;         // ascending; all that was approved of this revision so far
    friend bool operator==(const HeldPlan&, const HeldPlan&) = default;
};

// The git commit that a desired file comes from, where it lies in a work tree.
struct Commit {
    std::string id;     // hex, in full
    std::string author; // "Name <mail>", as git has it
    WallTime authored_at{};
    std::string subject;      // the message's first line
    bool uncommitted = false; // what was read isn't in the commit: the file was edited since

    friend bool operator==(const Commit&, const Commit&) = default;
};

// How history names a commit: its id, and "+" behind it where what was read isn't in it.
std::string commit_reference(const Commit& commit);

// Nothing is sent for so long: the operator said so. Ends by itself.
struct Suspension {
    WallTime since{};
    WallTime until{};
    std::string reason; // for people; may be empty
    std::string by;     // the user who asked for it

    friend bool operator==(const Suspension&, const Suspension&) = default;
};

// The plan with the operator's approval: all that it holds is approved.
HeldPlan approve(HeldPlan plan, WallTime now);

} // namespace apikeyd
