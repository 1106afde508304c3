// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/enabled_times.hpp"
#include "config/key.hpp"
#include "config/time.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace apikeyd {

// A time in the file at which a key's enabled changes.
struct Transition {
    KeyId id;
    WallTime at{};
    bool enabled = false; // from then on
    friend bool operator==(const Transition&, const Transition&) = default;
};

// Everything the operator wants at one moment, sorted by id, each id once. Immutable once built; safe to
// share between threads. Names live in one arena, so that a million keys are three allocations; the times,
// which few keys have, in a table beside the keys.
class DesiredState {
  public:
    class Builder;

    DesiredState();
    DesiredState(DesiredState&&) noexcept = default;
    DesiredState& operator=(DesiredState&&) noexcept = default;
    DesiredState(const DesiredState&) = delete;
    DesiredState& operator=(const DesiredState&) = delete;

    std::span<const DesiredKey> keys() const noexcept { return keys_; }

    // The key with this id, or nullptr. Binary search.
    const DesiredKey* find(const KeyId& id) const noexcept;

    // The files read, as the operator named them (a folder's files: folder/name).
    const std::vector<std::string>& files() const noexcept { return written_->files; }

    // "keys.yaml:12"
    std::string where(const DesiredKey& key) const;

    // "sha256:" and 64 hex digits, over the bytes of all files; equal bytes, equal digest.
    const std::string& digest() const noexcept { return written_->digest; }

    // The moment whose state this is.
    WallTime as_of() const noexcept { return as_of_; }

    // What the same files want at another moment, a later or an earlier one. Shares names and times with this
    // state, each keeps them alive.
    DesiredState at(WallTime moment) const;

    // The times of a key; nullptr where it has none, or where the file says 'enabled: false', which outranks
    // them. Lives as long as the state, or any that at() made of it.
    const EnabledTimes* times(const DesiredKey& key) const noexcept;

    // Whether any key has times.
    bool timed() const noexcept { return !written_->timed.empty(); }

    // The first moment after as_of() at which some key's enabled changes. Looks at every key with times.
    std::optional<WallTime> next_transition() const noexcept;

    // The latest such moment at as_of() or before.
    std::optional<WallTime> last_transition() const noexcept;

    // The latest for this one key.
    std::optional<WallTime> turned_at(const DesiredKey& key) const noexcept;

    // Names what is wanted now: the digest, and behind an '@' the last transition, where there is one. Of one
    // file, two states with equal intent want the same.
    std::string intent() const;

    // The next transition of each key that has one to come, by time, then by id.
    std::vector<Transition> upcoming() const;

  private:
    struct TimedKey {
        KeyId id;
        EnabledTimes times;
    };
    // What stays the same at every moment.
    struct Written {
        std::vector<std::string> files;
        std::vector<char> names;
        std::vector<TimedKey> timed; // sorted by id
        std::string digest;
    };

    DesiredState(std::shared_ptr<const Written> written, std::vector<DesiredKey> keys,
                 WallTime as_of) noexcept;

    std::shared_ptr<const Written> written_; // never nullptr, unless moved from
    std::vector<DesiredKey> keys_;
    WallTime as_of_{};
};

// Collects keys in any order. Not thread-safe; one use.
class DesiredState::Builder {
  public:
    // Returns the index to put into DesiredKey::file.
    std::uint32_t add_file(std::string name);

    // Copies the name. An id added twice is the caller's to prevent (the loader reports it). With times,
    // `enabled` follows from them.
    void add(KeyId id, std::optional<std::string_view> name, std::optional<bool> enabled, std::uint32_t file,
             std::uint32_t line, const EnabledTimes& times = {});

    // The state at the moment `now`, which matters only where keys have times.
    DesiredState build(std::string digest, WallTime now = {}) &&;

  private:
    struct Entry {
        DesiredKey key; // name not set yet: the arena may still move
        std::uint32_t name_offset = 0;
        std::uint32_t name_size = 0;
        bool named = false;
    };
    std::vector<std::string> files_;
    std::vector<Entry> entries_;
    std::vector<char> names_;
    std::vector<TimedKey> timed_;
};

} // namespace apikeyd
