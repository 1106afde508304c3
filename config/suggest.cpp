// SPDX-License-Identifier: Apache-2.0
#include "config/suggest.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours, each at 1.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> older(b.size() + 1);
    std::vector<std::size_t> old(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(old.begin(), old.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({old[j] + 1, row[j - 1] + 1, old[j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
                row[j] = std::min(row[j], older[j - 2] + 1);
            }
        }
        std::swap(older, old);
        std::swap(old, row);
    }
    return old[b.size()];
}

} // namespace

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> candidates) {
    std::string_view nearest;
    std::size_t least = 0;
    for (const std::string_view candidate : candidates) {
        // A third of the word may be wrong, at least one letter; more is another word.
        const std::size_t allowed = std::max<std::size_t>(1, candidate.size() / 3);
        if (word.size() > candidate.size() + allowed) {
            continue;
        }
        const std::size_t found = distance(word, candidate);
        if (found <= allowed && (nearest.empty() || found < least)) {
            nearest = candidate;
            least = found;
        }
    }
    return nearest;
}

} // namespace apikeyd
