// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/key_table.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

namespace apikeyd {

namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains(std::string_view text, std::string_view lowered) {
    return !std::ranges::search(text, lowered, {}, lower).empty();
}

// A key that matches, and what decides on its place. Its name is the desired state's, or stands in `names`.
struct Candidate {
    KeyId id;
    std::uint64_t rank = 0; // unused where names decide
    std::string_view name;
};

class Scan {
  public:
    Scan(const DesiredState* desired, const RowRules& rules, const KeyQuery& query, KeyTable& table)
        : desired_(desired)
        , rules_(rules)
        , query_(query)
        , table_(table)
        , search_(query.search) {
        std::ranges::transform(search_, search_.begin(), lower);
        may_be_id_ = search_.size() <= 2 * KeyId::size &&
                     search_.find_first_not_of("0123456789abcdef") == search_.npos;
    }

    void look(const DesiredKey* key, const KnownKey* known) {
        const RowState state = row_state(desired_, key, known, rules_);
        ++table_.by_state[static_cast<std::size_t>(state)];
        if (state == RowState::in_sync) {
            const WallTime at = known->observed->observed_at;
            table_.oldest_in_sync = std::min(table_.oldest_in_sync.value_or(at), at);
        }
        if (matches(state, key, known)) {
            found_.push_back(candidate(state, key, known));
        }
    }

    // The ids of the page, in order.
    std::vector<KeyId> page() {
        table_.matching = found_.size();
        table_.page = std::clamp<std::size_t>(query_.page, 1, table_.pages());
        const std::size_t first = table_.first();
        const std::size_t last = std::min(first + rows_on_page, found_.size());
        const auto at = [this](std::size_t n) { return found_.begin() + static_cast<std::ptrdiff_t>(n); };
        const auto before = [this](const Candidate& a, const Candidate& b) {
            return query_.descending ? comes_before(b, a) : comes_before(a, b);
        };
        std::nth_element(found_.begin(), at(first), found_.end(), before);
        std::partial_sort(at(first), at(last), found_.end(), before);
        std::vector<KeyId> ids;
        for (std::size_t n = first; n < last; ++n) {
            ids.push_back(found_[n].id);
        }
        return ids;
    }

  private:
    bool matches(RowState state, const DesiredKey* key, const KnownKey* known) const {
        if ((query_.state && *query_.state != state) || (query_.managed && state == RowState::unmanaged)) {
            return false;
        }
        return search_.empty() || (key != nullptr && key->name && contains(*key->name, search_)) ||
               (known != nullptr && known->observed && contains(known->observed->name, search_)) ||
               (may_be_id_ && contains((key != nullptr ? key->id : known->id).to_string(), search_));
    }

    Candidate candidate(RowState state, const DesiredKey* key, const KnownKey* known) {
        Candidate one{key != nullptr ? key->id : known->id, 0, {}};
        switch (query_.order) {
        case KeyOrder::state:
            one.rank = static_cast<std::uint64_t>(state);
            break;
        case KeyOrder::name:
            one.name = key != nullptr && key->name ? *key->name : kept(name_of(key, known));
            break;
        case KeyOrder::evidence:
            if (known != nullptr && known->observed) {
                one.rank =
                    static_cast<std::uint64_t>(known->observed->observed_at.time_since_epoch().count());
            }
            break;
        case KeyOrder::source:
            one.rank = key != nullptr ? std::uint64_t{key->file} << 32 | key->line
                                      : std::numeric_limits<std::uint64_t>::max();
            break;
        case KeyOrder::id:
            break;
        }
        return one;
    }

    // A known key lives as long as a step of the sequence.
    std::string_view kept(std::string_view name) {
        return name.empty() ? name : *names_.emplace_back(std::make_unique<std::string>(name));
    }

    bool comes_before(const Candidate& a, const Candidate& b) const {
        if (query_.order == KeyOrder::name) {
            if (a.name.empty() != b.name.empty()) {
                return b.name.empty();
            }
            const auto order = std::lexicographical_compare_three_way(
                a.name.begin(), a.name.end(), b.name.begin(), b.name.end(), [](char x, char y) {
                    return static_cast<unsigned char>(lower(x)) <=> static_cast<unsigned char>(lower(y));
                });
            return std::is_neq(order) ? std::is_lt(order) : a.id < b.id;
        }
        return a.rank != b.rank ? a.rank < b.rank : a.id < b.id;
    }

    const DesiredState* desired_;
    const RowRules& rules_;
    const KeyQuery& query_;
    KeyTable& table_;
    std::string search_; // in lower case
    bool may_be_id_;
    std::vector<Candidate> found_;
    std::vector<std::unique_ptr<std::string>> names_;
};

} // namespace

std::uint64_t KeyTable::managed() const {
    return std::accumulate(by_state.begin(), by_state.end(), std::uint64_t{0}) - (*this)[RowState::unmanaged];
}

KeyTable make_key_table(const DesiredState* desired, std::unique_ptr<KnownSequence> known,
                        const std::function<std::optional<KnownKey>(const KeyId&)>& find,
                        const RowRules& rules, const KeyQuery& query) {
    KeyTable table;
    Scan scan(desired, rules, query, table);
    const KnownKey* current = known->next();
    if (desired != nullptr) {
        for (const DesiredKey& key : desired->keys()) {
            for (; current != nullptr && current->id < key.id; current = known->next()) {
                scan.look(nullptr, current);
            }
            const bool is_known = current != nullptr && current->id == key.id;
            scan.look(&key, is_known ? current : nullptr);
            if (is_known) {
                current = known->next();
            }
        }
    }
    for (; current != nullptr; current = known->next()) {
        scan.look(nullptr, current);
    }
    known.reset();
    for (const KeyId& id : scan.page()) {
        const DesiredKey* key = desired != nullptr ? desired->find(id) : nullptr;
        const auto now_known = find(id);
        if (key != nullptr || now_known) {
            table.rows.push_back(make_row(desired, key, now_known ? &*now_known : nullptr, rules));
        }
    }
    return table;
}

} // namespace apikeyd
