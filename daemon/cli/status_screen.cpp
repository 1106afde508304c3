// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/status_screen.hpp"

#include "config/utf8.hpp"
#include "daemon/cli/color.hpp"
#include "daemon/cli/status_text.hpp"
#include "daemon/cli/text_columns.hpp"
#include "daemon/status/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace apikeyd {

namespace {

constexpr std::size_t broken_at = 2;   // columns before what of a line had to be broken off
constexpr std::size_t most_coming = 3; // lines; there may be one for every key
constexpr std::size_t beside_name =
    60;                               // columns of a line that a name of the usual length leaves to the rest
constexpr std::size_t airy_from = 12; // rows from which an empty one can be spared
constexpr std::size_t narrowest_name = 12;

// Lines, each as long as the window is wide at most.
class Lines {
  public:
    explicit Lines(std::size_t width)
        : width_(width) {}

    void add(std::string_view text) {
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            add_line(std::string(text.substr(0, end)));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    }

    std::vector<std::string> take() && { return std::move(lines_); }

  private:
    void add_line(const std::string& line) {
        const std::string broken = columns(line) <= width_ ? line : wrapped(line, width_, broken_at);
        for (std::size_t at = 0; at <= broken.size();) {
            const std::size_t end = std::min(broken.find('\n', at), broken.size());
            lines_.push_back(clipped(broken.substr(at, end - at), width_));
            at = end + 1;
        }
    }

    std::size_t width_;
    std::vector<std::string> lines_;
};

std::vector<std::string> head_lines(const StatusView& view, WallTime now, std::size_t width, bool color) {
    Lines lines(width);
    lines.add(clipped(colored(format_second(now), sgr::bold, color) + "  " + visible_text(view.path), width));
    if (!view.trouble.empty()) {
        lines.add(colored("STATE UNAVAILABLE", sgr::red, color) + ": " + visible_text(view.trouble));
    }
    if (!view.report) {
        return std::move(lines).take();
    }
    const StatusWords words = status_words(*view.report, color);
    for (const std::string* text : {&words.counts, &words.suspension, &words.held, &words.last}) {
        lines.add(*text);
    }
    for (std::size_t i = 0; i < std::min(words.coming.size(), most_coming); ++i) {
        lines.add(words.coming[i]);
    }
    if (words.coming.size() > most_coming) {
        lines.add(fmt::format("coming: and {} more", words.coming.size() - most_coming));
    }
    return std::move(lines).take();
}

// Of each key the lines that it takes.
std::vector<std::vector<std::string>> lines_of(const std::vector<const KnownKey*>& keys,
                                               const StatusReport& report, std::size_t width, bool color) {
    auto key = keys.begin();
    const KeySource next = [&] { return key == keys.end() ? nullptr : *key++; };
    const std::size_t widest =
        std::min(widest_column, std::max(width, beside_name + narrowest_name) - beside_name);
    const std::string text = render_status_keys(report, next, color, widest);
    std::vector<std::vector<std::string>> result;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        Lines lines(width);
        lines.add(std::string_view(text).substr(at, end - at));
        result.push_back(std::move(lines).take());
        at = end + 1;
    }
    return result;
}

std::vector<const KnownKey*> troubled_first(const KeyPick& pick) {
    std::vector<const KnownKey*> keys;
    for (const KnownKey& key : pick.troubled) {
        keys.push_back(&key);
    }
    for (const KnownKey& key : pick.first) {
        if (!std::ranges::binary_search(pick.troubled, key.id, {}, &KnownKey::id)) {
            keys.push_back(&key);
        }
    }
    return keys;
}

std::vector<std::string> key_lines(const KeyPick& pick, const StatusReport& report, TerminalSize room,
                                   bool color) {
    std::vector<const KnownKey*> keys;
    for (const KnownKey& key : pick.first) {
        keys.push_back(&key);
    }
    std::vector<std::vector<std::string>> lines = lines_of(keys, report, room.columns, color);
    std::size_t needed = 0;
    for (const auto& of_key : lines) {
        needed += of_key.size();
    }
    const bool all = pick.all == pick.first.size() && needed <= room.rows;
    if (!all) {
        lines = lines_of(troubled_first(pick), report, room.columns, color);
    }
    std::vector<std::string> result;
    const std::size_t rows = room.rows - (all || room.rows == 0 ? 0 : 1); // one tells of the others
    std::uint64_t shown = 0;
    for (const auto& of_key : lines) {
        if (result.size() + of_key.size() > rows) {
            break;
        }
        result.insert(result.end(), of_key.begin(), of_key.end());
        ++shown;
    }
    if (shown < pick.all && room.rows > 0) {
        const char* what = shown == 0 ? "{} keys don't fit" : "and {} more";
        result.push_back(clipped(fmt::format(fmt::runtime(what), pick.all - shown), room.columns));
    }
    return result;
}

} // namespace

KeyPick pick_keys(const KeySource& next, const StatusReport& report, std::size_t most) {
    KeyPick pick;
    while (const KnownKey* key = next()) {
        ++pick.all;
        if (pick.first.size() < most) {
            pick.first.push_back(*key);
        }
        if (pick.troubled.size() < most && (key->doubt.any() || key->rejection || report.holds(key->id))) {
            pick.troubled.push_back(*key);
        }
    }
    return pick;
}

std::vector<std::string> status_screen(const StatusView& view, WallTime now, TerminalSize size, bool color) {
    std::vector<std::string> lines = head_lines(view, now, size.columns, color);
    if (view.report) {
        if (view.keys.all > 0) { // some room is theirs, however much there is to tell of the whole
            lines.resize(std::min(lines.size(), size.rows - size.rows / 4));
        }
        if (size.rows >= airy_from && lines.size() < size.rows / 2) {
            lines.emplace_back();
        }
        if (view.keys.all == 0 && view.report->filtered) {
            lines.emplace_back(clipped("no such key", size.columns));
        }
        const std::size_t rows = size.rows - std::min(size.rows, lines.size());
        const auto keys = key_lines(view.keys, *view.report, {rows, size.columns}, color);
        lines.insert(lines.end(), keys.begin(), keys.end());
    }
    lines.resize(std::min(lines.size(), size.rows));
    return lines;
}

} // namespace apikeyd
