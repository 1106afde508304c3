// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/key.hpp"

#include <cstdint>
#include <vector>

namespace apikeyd {

// Where an id was written first.
struct KeyPlace {
    KeyId id;
    std::uint32_t file = 0;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    bool repeated = false; // and again elsewhere
};

// The ids seen so far, over all files. A flat table, since a node for each id would cost more than the keys
// themselves.
class KeyPlaces {
  public:
    // Where this id has been before; otherwise nothing, and it is noted. Valid until the next call.
    KeyPlace* find_or_add(const KeyPlace& place);

  private:
    void grow();

    std::vector<KeyPlace> places_;
    std::vector<std::uint32_t> slots_; // index into places_ plus one; 0: free. A power of two
};

} // namespace apikeyd
