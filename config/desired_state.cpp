// SPDX-License-Identifier: Apache-2.0
#include "config/desired_state.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace apikeyd {

DesiredState::DesiredState()
    : written_(std::make_shared<const Written>()) {}

DesiredState::DesiredState(std::shared_ptr<const Written> written, std::vector<DesiredKey> keys,
                           WallTime as_of) noexcept
    : written_(std::move(written))
    , keys_(std::move(keys))
    , as_of_(as_of) {
    auto key = keys_.begin();
    for (const TimedKey& timed : written_->timed) { // both are sorted
        key = std::ranges::lower_bound(key, keys_.end(), timed.id, {}, &DesiredKey::id);
        key->enabled = timed.times.enabled_at(as_of_);
    }
}

const DesiredKey* DesiredState::find(const KeyId& id) const noexcept {
    const auto found = std::ranges::lower_bound(keys_, id, {}, &DesiredKey::id);
    return found != keys_.end() && found->id == id ? &*found : nullptr;
}

std::string DesiredState::where(const DesiredKey& key) const {
    const std::string& file = key.file < files().size() ? files()[key.file] : std::string{};
    return file + ":" + std::to_string(key.line);
}

DesiredState DesiredState::at(WallTime moment) const {
    return {written_, keys_, moment};
}

const EnabledTimes* DesiredState::times(const DesiredKey& key) const noexcept {
    if (!key.timed) {
        return nullptr;
    }
    const auto found = std::ranges::lower_bound(written_->timed, key.id, {}, &TimedKey::id);
    return found != written_->timed.end() && found->id == key.id ? &found->times : nullptr;
}

std::optional<WallTime> DesiredState::next_transition() const noexcept {
    std::optional<WallTime> first;
    for (const TimedKey& timed : written_->timed) {
        const auto turn = timed.times.next_turn(as_of_);
        first = turn && (!first || *turn < *first) ? turn : first;
    }
    return first;
}

std::optional<WallTime> DesiredState::last_transition() const noexcept {
    std::optional<WallTime> last;
    for (const TimedKey& timed : written_->timed) {
        last = std::max(last, timed.times.last_turn(as_of_)); // nothing is less than any time
    }
    return last;
}

std::optional<WallTime> DesiredState::turned_at(const DesiredKey& key) const noexcept {
    const EnabledTimes* own = times(key);
    return own == nullptr ? std::nullopt : own->last_turn(as_of_);
}

std::string DesiredState::intent() const {
    const auto last = last_transition();
    return last ? digest() + "@" + format_rfc3339(*last) : digest();
}

std::vector<Transition> DesiredState::upcoming() const {
    std::vector<Transition> all;
    for (const TimedKey& timed : written_->timed) {
        if (const auto turn = timed.times.next_turn(as_of_)) {
            all.push_back({timed.id, *turn, timed.times.enabled_at(*turn)});
        }
    }
    std::ranges::sort(all, {}, [](const Transition& next) { return std::tuple(next.at, next.id); });
    return all;
}

std::uint32_t DesiredState::Builder::add_file(std::string name) {
    files_.push_back(std::move(name));
    return static_cast<std::uint32_t>(files_.size() - 1);
}

void DesiredState::Builder::add(KeyId id, std::optional<std::string_view> name, std::optional<bool> enabled,
                                std::uint32_t file, std::uint32_t line, const EnabledTimes& times) {
    Entry entry;
    entry.key.id = id;
    entry.key.file = file;
    entry.key.line = line;
    entry.key.enabled = enabled;
    if (times.any()) {
        entry.key.timed = true;
        timed_.push_back({id, times});
    }
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

DesiredState DesiredState::Builder::build(std::string digest, WallTime now) && {
    auto written = std::make_shared<Written>();
    written->files = std::move(files_);
    written->names = std::move(names_);
    written->timed = std::move(timed_);
    written->digest = std::move(digest);
    std::ranges::sort(written->timed, {}, &TimedKey::id);
    std::ranges::sort(entries_, {}, [](const Entry& entry) { return entry.key.id; });
    std::vector<DesiredKey> keys;
    keys.reserve(entries_.size());
    for (const Entry& entry : entries_) {
        DesiredKey& key = keys.emplace_back(entry.key);
        if (entry.named) {
            key.name = std::string_view(written->names.data() + entry.name_offset, entry.name_size);
        }
    }
    entries_.clear();
    return {std::move(written), std::move(keys), now};
}

} // namespace apikeyd
