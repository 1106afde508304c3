// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/status_source.hpp"

#include "config/desired_loader.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

class Keys {
  public:
    Keys(StateStore& store, const StatusFilter& filter, const StatusReport& report)
        : filter_(filter)
        , report_(report) {
        if (filter.key) {
            one_ = store.find(*filter.key);
        } else {
            all_ = store.known();
        }
    }

    const KnownKey* next() {
        if (!all_) {
            const KnownKey* key = one_ && !taken_ && passes(filter_, report_, *one_) ? &*one_ : nullptr;
            taken_ = true;
            return key;
        }
        const KnownKey* key = all_->next();
        while (key != nullptr && !passes(filter_, report_, *key)) {
            key = all_->next();
        }
        return key;
    }

  private:
    const StatusFilter& filter_;
    const StatusReport& report_;
    std::unique_ptr<KnownSequence> all_; // nothing: just one was asked for
    std::optional<KnownKey> one_;
    bool taken_ = false;
};

} // namespace

KeySource keys_to_show(StateStore& store, const StatusFilter& filter, const StatusReport& report) {
    return [keys = std::make_shared<Keys>(store, filter, report)] { return keys->next(); };
}

std::optional<std::vector<Upcoming>> upcoming_by_the_file(const std::string& path, const StatusFilter& filter,
                                                          StateStore& store, WallTime now) {
    const Loaded<DesiredState> desired = load_desired(path, now);
    if (!desired) {
        return std::nullopt;
    }
    std::vector<Upcoming> upcoming = upcoming_changes(*desired.value, &store);
    std::erase_if(upcoming, [&](const auto& change) { return filter.key && *filter.key != change.id; });
    return upcoming;
}

} // namespace apikeyd
