// SPDX-License-Identifier: Apache-2.0
#include "config/desired_state.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace apikeyd {

const DesiredKey* DesiredState::find(const KeyId& id) const noexcept {
    const auto found = std::ranges::lower_bound(keys_, id, {}, &DesiredKey::id);
    return found != keys_.end() && found->id == id ? &*found : nullptr;
}

std::string DesiredState::where(const DesiredKey& key) const {
    const std::string& file = key.file < files_.size() ? files_[key.file] : std::string{};
    return file + ":" + std::to_string(key.line);
}

std::uint32_t DesiredState::Builder::add_file(std::string name) {
    files_.push_back(std::move(name));
    return static_cast<std::uint32_t>(files_.size() - 1);
}

void DesiredState::Builder::add(KeyId id, std::optional<std::string_view> name, std::optional<bool> enabled,
                                std::uint32_t file, std::uint32_t line) {
    Entry entry;
    entry.key.id = id;
    entry.key.file = file;
    entry.key.line = line;
    entry.key.enabled = enabled;
    if (name) {
        if (names_.size() + name->size() > UINT32_MAX) {
            throw std::length_error("the names of the desired keys exceed 4 GiB");
        }
        entry.named = true;
        entry.name_offset = static_cast<std::uint32_t>(names_.size());
        entry.name_size = static_cast<std::uint32_t>(name->size());
        names_.insert(names_.end(), name->begin(), name->end());
    }
    entries_.push_back(entry);
}

DesiredState DesiredState::Builder::build(std::string digest) && {
    DesiredState state;
    state.files_ = std::move(files_);
    state.names_ = std::move(names_);
    state.digest_ = std::move(digest);
    std::ranges::sort(entries_, {}, [](const Entry& entry) { return entry.key.id; });
    state.keys_.reserve(entries_.size());
    for (const Entry& entry : entries_) {
        DesiredKey& key = state.keys_.emplace_back(entry.key);
        if (entry.named) {
            key.name = std::string_view(state.names_.data() + entry.name_offset, entry.name_size);
        }
    }
    entries_.clear();
    return state;
}

} // namespace apikeyd
