// SPDX-License-Identifier: Apache-2.0
#include "config/key_places.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>

namespace apikeyd {

KeyPlace* KeyPlaces::find_or_add(const KeyPlace& place) {
    if (slots_.size() < 2 * (places_.size() + 1)) {
        grow();
    }
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t slot = std::hash<KeyId>{}(place.id) & mask;; slot = (slot + 1) & mask) {
        if (slots_[slot] == 0) {
            places_.push_back(place);
            slots_[slot] = static_cast<std::uint32_t>(places_.size());
            return nullptr;
        }
        if (places_[slots_[slot] - 1].id == place.id) {
            return &places_[slots_[slot] - 1];
        }
    }
}

void KeyPlaces::grow() {
    slots_.assign(std::max<std::size_t>(64, 2 * slots_.size()), 0);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        std::size_t slot = std::hash<KeyId>{}(places_[i].id) & mask;
        while (slots_[slot] != 0) {
            slot = (slot + 1) & mask;
        }
        slots_[slot] = static_cast<std::uint32_t>(i + 1);
    }
}

} // namespace apikeyd
