// SPDX-License-Identifier: Apache-2.0
#include "config/desired_loader.hpp"
#include "config/secret_words.hpp"
#include "config/utf8.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/planning.hpp"
#include "daemon/cli/reading.hpp"
#include "daemon/cli/status_text.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "state/state_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>

namespace apikeyd {

namespace {

StatusFilter require_filter(const CommandLine& line) {
    StatusFilter filter;
    filter.key = require_key(line);
    for (const std::string& word : line.only) {
        bool* const chosen = word == "in-doubt"   ? &filter.in_doubt
                             : word == "rejected" ? &filter.rejected
                             : word == "held"     ? &filter.held
                                                  : nullptr;
        if (chosen == nullptr) {
            throw CommandError(exit_usage, fmt::format("--only: {} is no kind of keys; there are in-doubt, "
                                                       "rejected, held",
                                                       visible_text(quote_unless_token(word))));
        }
        *chosen = true;
    }
    return filter;
}

// The keys that pass, from the state.
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

// What the file will change by itself. That it can't be read is no reason to show nothing of the state; what
// is wrong with it, `validate` and the log tell.
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

} // namespace

int status_command(const CommandLine& line) {
    const StatusFilter filter = require_filter(line);
    const Settings settings = require_settings(line);
    StateStore store = require_state(settings);
    if (wants_report(line)) {
        StatusReport report = make_status_report(store, current_time().wall);
        report.filtered = filter.any();
        report.upcoming = upcoming_by_the_file(settings.keys, filter, store, report.generated_at);
        Keys keys(store, filter, report);
        const KeySource next = [&] { return keys.next(); };
        print(line.format == OutputFormat::json
                  ? render_status_json(report, next)
                  : render_status_text(report, next, wants_color(line, STDOUT_FILENO)));
    }
    return exit_ok;
}

} // namespace apikeyd
