// SPDX-License-Identifier: Apache-2.0
#include "config/desired_loader.hpp"
#include "config/desired_merger.hpp"
#include "config/desired_writer.hpp"
#include "config/text_file.hpp"
#include "config/utf8.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/looking.hpp"
#include "daemon/cli/planning.hpp"
#include "daemon/runtime/event_loop.hpp"
#include "daemon/runtime/request_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <unordered_set>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

constexpr std::string_view standard_input = "-";
constexpr std::uint64_t largest_list = 16ULL * 1024 * 1024; // bytes; over half a million ids

// The ids that were named, each once, in the order in which they were; and what was no id.
class IdList {
  public:
    void add(std::string_view text, const std::string& where) {
        const auto id = KeyId::parse(text);
        if (!id) {
            wrong_.push_back(where); // not repeated: it may be a token in the wrong place
        } else if (seen_.insert(*id).second) {
            ids_.push_back(*id);
        }
    }

    // One id a line; empty lines and what follows a '#' are left out.
    void add_lines(std::string_view text, const std::string& file) {
        for (std::size_t number = 1; !text.empty(); ++number) {
            std::string_view line = text.substr(0, text.find('\n'));
            text.remove_prefix(std::min(line.size() + 1, text.size()));
            line = line.substr(0, line.find('#'));
            const std::size_t begin = line.find_first_not_of(" \t\r");
            if (begin != std::string_view::npos) {
                line = line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
                add(line, fmt::format("{}:{}", visible_text(file), number));
            }
        }
    }

    std::vector<KeyId> take() && {
        if (!wrong_.empty()) {
            throw CommandError(
                exit_usage,
                fmt::format("{}: not an id; an id is 24 hex digits, as in 5e5677d71bdc2ae76344968c",
                            fmt::join(wrong_, ", ")));
        }
        if (ids_.empty()) {
            throw CommandError(exit_usage,
                               "no id was given; name them as arguments, or a file of them with --ids");
        }
        return std::move(ids_);
    }

  private:
    std::vector<KeyId> ids_;
    std::unordered_set<KeyId> seen_;
    std::vector<std::string> wrong_;
};

std::string require_text(const std::string& path) {
    TextFile file = read_text_file(path, largest_list);
    if (file.outcome != TextFile::Outcome::read) {
        throw CommandError(exit_error, fmt::format("{}: {}", visible_text(path), file.problem));
    }
    return std::move(file.text);
}

std::string read_standard_input() {
    TextFile input = read_text_stream(STDIN_FILENO, largest_list);
    if (input.outcome != TextFile::Outcome::read) {
        throw CommandError(exit_error, "<stdin>: " + input.problem);
    }
    return std::move(input.text);
}

std::vector<KeyId> wanted_ids(const CommandLine& line) {
    IdList list;
    for (std::size_t i = 0; i < line.ids.size(); ++i) {
        if (line.ids[i] == standard_input) {
            list.add_lines(read_standard_input(), "<stdin>");
        } else {
            list.add(line.ids[i], fmt::format("argument {}", i + 1));
        }
    }
    if (line.ids_file == standard_input) {
        list.add_lines(read_standard_input(), "<stdin>");
    } else if (!line.ids_file.empty()) {
        list.add_lines(require_text(line.ids_file), line.ids_file);
    }
    return std::move(list).take();
}

// The file that is added to, as it is; nothing is asked of the API before it is known to be valid.
struct MergeBase {
    std::string text;
    std::optional<DesiredState> keys;
};

MergeBase require_base(const CommandLine& line) {
    MergeBase base;
    if (line.merge.empty()) {
        return base;
    }
    base.text = require_text(line.merge);
    Loaded<DesiredState> loaded = parse_desired(base.text, line.merge, current_time().wall);
    std::cerr << render_diagnostics(loaded.diagnostics, wants_color(line, STDERR_FILENO));
    if (!loaded) {
        throw CommandError(exit_error,
                           fmt::format("{}: not a valid desired file; nothing was asked of the API",
                                       visible_text(line.merge)));
    }
    base.keys = std::move(loaded.value);
    return base;
}

std::vector<Change> probes_of(const std::vector<KeyId>& ids) {
    std::vector<Change> probes;
    for (const KeyId& id : ids) {
        Change& probe = probes.emplace_back();
        probe.id = probe.known.id = id;
        probe.reason = Reason::probe;
    }
    return probes;
}

std::vector<ImportedKey> found_in_order(const std::vector<KeyId>& ids, const Looked& looked) {
    std::vector<ImportedKey> keys;
    for (const KeyId& id : ids) {
        if (const auto found = looked.found.find(id); found != looked.found.end()) {
            keys.push_back({id, found->second.name, found->second.enabled, found->second.created_at});
        }
    }
    return keys;
}

// Into what the file says now: it may have been edited while the API was asked.
std::string desired_file(const MergeBase& base, const CommandLine& line,
                         const std::vector<ImportedKey>& keys) {
    if (!base.keys) {
        return write_desired(keys);
    }
    MergeResult merged = merge_desired(require_text(line.merge), line.merge, keys, current_time().wall);
    if (!merged.text) {
        std::cerr << render_diagnostics(merged.diagnostics, wants_color(line, STDERR_FILENO));
        throw CommandError(exit_error,
                           fmt::format("{}: the keys could not be added", visible_text(line.merge)));
    }
    return std::move(*merged.text);
}

// Where the file is one of the folder that is managed, a key may stand in another one of it.
void leave_out_known(std::vector<KeyId>& ids, const MergeBase& base, const CommandLine& line,
                     const std::string& managed) {
    std::erase_if(ids, [&](const KeyId& id) { return base.keys->find(id) != nullptr; });
    std::error_code ignored;
    const auto folder = std::filesystem::absolute(line.merge, ignored).parent_path();
    if (!std::filesystem::is_directory(managed, ignored) ||
        !std::filesystem::equivalent(folder, managed, ignored)) {
        return;
    }
    const Loaded<DesiredState> all = load_desired(managed, current_time().wall);
    if (!all) {
        std::cerr << render_diagnostics(all.diagnostics, wants_color(line, STDERR_FILENO));
        throw CommandError(exit_error,
                           fmt::format("{}: not a valid folder of desired files; nothing was asked of "
                                       "the API",
                                       visible_text(managed)));
    }
    std::erase_if(ids, [&](const KeyId& id) { return all.value->find(id) != nullptr; });
}

void report_missing(const std::vector<KeyId>& ids, const Looked& looked) {
    for (const KeyId& id : ids) {
        if (const auto missing = looked.missing.find(id); missing != looked.missing.end()) {
            std::cerr << fmt::format("apikeyd: {} could not be looked at: {}\n", id.to_string(),
                                     visible_text(missing->second));
        }
    }
}

// What is suspended is suspended for this command too, whoever holds the state.
void require_not_suspended(const Settings& settings) {
    const WallTime now = current_time().wall;
    auto store = StateStore::open_reader(settings.state);
    const auto suspension = store ? suspension_in_force(*store, now) : std::nullopt;
    const auto asked_for = read_suspension(settings.state); // and nobody has taken it yet
    const bool soon = asked_for && asked_for->until && *asked_for->until > now;
    if (suspension || soon) {
        throw suspended_error(
            suspension ? *suspension : Suspension{now, *asked_for->until, asked_for->reason, asked_for->by},
            true);
    }
}

// A file that names fewer keys than it should takes the place of no other: to whom it says what keys there
// are, it would say that the rest isn't to be managed.
ExitCode write_found(const MergeBase& base, const CommandLine& line, const std::vector<KeyId>& ids,
                     const Looked& looked) {
    report_missing(ids, looked);
    if (!looked.stopped.empty()) {
        throw CommandError(exit_error, "looking stopped: " + visible_text(looked.stopped));
    }
    const std::vector<ImportedKey> keys = found_in_order(ids, looked);
    if (keys.empty()) {
        throw CommandError(exit_error, "no key could be looked at; nothing was written");
    }
    if (!looked.complete() && !base.keys && writes_file(line)) {
        throw CommandError(exit_error,
                           fmt::format("{}: not written, since not every key could be looked at; leave "
                                       "those out, or add to a file with --merge",
                                       visible_text(line.output)));
    }
    print_report(desired_file(base, line, keys), line);
    return looked.complete() ? exit_ok : exit_error;
}

} // namespace

// The state is read for a suspension alone, and not written: `run` and `apply` look for themselves.
int import_command(const CommandLine& line) {
    std::vector<KeyId> ids = wanted_ids(line);
    const MergeBase base = require_base(line);
    const Settings settings = require_settings(line);
    if (base.keys) {
        leave_out_known(ids, base, line, settings.keys);
    }
    if (ids.empty()) {
        print_report(base.text, line); // every one of them is there already
        return exit_ok;
    }
    require_not_suspended(settings);
    block_signals();
    ExitCode code = exit_ok;
    look_at_keys(settings, line, StateStore::open(":memory:"), std::make_shared<const DesiredState>(),
                 probes_of(ids),
                 [&](const Looked& looked, StateStore&) { code = write_found(base, line, ids, looked); });
    return code;
}

} // namespace apikeyd
