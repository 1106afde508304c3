// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/key.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace apikeyd {

// Everything the operator wrote, sorted by id, each id once. Immutable once built; safe to share between
// threads. Names live in one arena, so that a million keys are three allocations.
class DesiredState {
  public:
    class Builder;

    DesiredState() = default;
    DesiredState(DesiredState&&) noexcept = default;
    DesiredState& operator=(DesiredState&&) noexcept = default;
    DesiredState(const DesiredState&) = delete;
    DesiredState& operator=(const DesiredState&) = delete;

    std::span<const DesiredKey> keys() const noexcept { return keys_; }

    // The key with this id, or nullptr. Binary search.
    const DesiredKey* find(const KeyId& id) const noexcept;

    // The files read, as the operator named them (a folder's files: folder/name).
    const std::vector<std::string>& files() const noexcept { return files_; }

    // "keys.yaml:12"
    std::string where(const DesiredKey& key) const;

    // "sha256:" and 64 hex digits, over the bytes of all files; equal bytes, equal digest.
    const std::string& digest() const noexcept { return digest_; }

  private:
    std::vector<std::string> files_;
    std::vector<DesiredKey> keys_;
    std::vector<char> names_; // a vector keeps its address when moved; a short std::string would not
    std::string digest_;
};

// Collects keys in any order. Not thread-safe; one use.
class DesiredState::Builder {
  public:
    // Returns the index to put into DesiredKey::file.
    std::uint32_t add_file(std::string name);

    // Copies the name. An id added twice is the caller's to prevent (the loader reports it).
    void add(KeyId id, std::optional<std::string_view> name, std::optional<bool> enabled, std::uint32_t file,
             std::uint32_t line);

    DesiredState build(std::string digest) &&;

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
};

} // namespace apikeyd
