// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/html_text.hpp"
#include "daemon/status/page_parts.hpp"
#include "daemon/status/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace apikeyd {

namespace {

constexpr const char* check = R"(<path d="M5 12.5l4.6 4.6L19 7.5"/>)";
constexpr const char* turning =
    R"(<g class="turning"><path d="M19.4 10A7.8 7.8 0 0 0 5.3 8.2"/><path d="M5 3.8v4.6h4.6"/>)"
    R"(<path d="M4.6 14a7.8 7.8 0 0 0 14.1 1.8"/><path d="M19 20.2v-4.6h-4.6"/></g>)";
constexpr const char* differs = R"(<path d="M5 9h14M5 15h14M15.5 4.5l-7 15"/>)";
constexpr const char* hand = R"(<path d="M12 4.5v9"/><path d="M12 19v.3"/>)";
constexpr const char* barred = R"(<circle cx="12" cy="12" r="8"/><path d="M6.5 6.5l11 11"/>)";
constexpr const char* triangle = R"(<path d="M12 4L3 19.5h18z"/><path d="M12 10v4.2"/><path d="M12 17v.1"/>)";
constexpr const char* pause = R"(<path d="M9 5.5v13M15 5.5v13"/>)";
constexpr const char* cross = R"(<path d="M6 6l12 12M18 6L6 18"/>)";
constexpr const char* dots = R"(<path d="M6 12h.1M12 12h.1M18 12h.1"/>)";
constexpr const char* square = R"(<path d="M7 7h10v10H7z"/>)";
constexpr const char* padlock = R"(<path d="M6 11h12v8.5H6z"/><path d="M8.5 11V8a3.5 3.5 0 0 1 7 0v3"/>)";

struct Row {
    std::string_view verdict;
    const char *label, *tone, *shape;
};
constexpr std::array<Row, 14> looks{{
    {"in_sync", "In sync", "green", check},
    {"converging", "Converging", "blue", turning},
    {"starting", "Starting", "blue", dots},
    {"reloading", "Reloading", "blue", turning},
    {"drifted", "Drifted", "amber", differs},
    {"not_converged", "Not converged", "amber", differs},
    {"degraded", "Degraded", "amber", triangle},
    {"held", "Held", "red", padlock},
    {"denied", "Denied", "red", barred},
    {"unavailable", "API unavailable", "red", cross},
    {"state_unavailable", "State unavailable", "red", hand},
    {"suspended", "Suspended", "violet", pause},
    {"stopping", "Stopping", "grey", square},
    {"stopped", "Stopped", "grey", square},
}};

const char* color_of(std::string_view tone) {
    return tone == "green"    ? "#17692f"
           : tone == "blue"   ? "#0b5394"
           : tone == "amber"  ? "#7a4d00"
           : tone == "red"    ? "#a8201a"
           : tone == "violet" ? "#5b35a6"
                              : "#57606a";
}

bool same_letter(char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

} // namespace

VerdictLook look_of(std::string_view verdict) {
    const auto* const found = std::ranges::find(looks, verdict, &Row::verdict);
    return found == looks.end() ? VerdictLook{"Starting", "blue", dots}
                                : VerdictLook{found->label, found->tone, found->shape};
}

std::string icon_svg(std::string_view verdict) {
    const VerdictLook look = look_of(verdict);
    return fmt::format(R"svg(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="8" fill="{}"/>
<g transform="translate(4 4)" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round">{}</g>
</svg>
)svg",
                       color_of(look.tone), look.shape);
}

std::string_view sentence_behind(std::string_view label, std::string_view sentence) {
    if (sentence.size() <= label.size() ||
        !std::ranges::equal(label, sentence.substr(0, label.size()), same_letter)) {
        return sentence;
    }
    const std::string_view rest = sentence.substr(label.size());
    const std::size_t begin = rest.find_first_not_of(rest.front() == ' ' ? " " : ",: ");
    return begin == 0 || begin == rest.npos ? sentence : rest.substr(begin);
}

StateLook look_of(RowState state) {
    switch (state) {
    case RowState::rejected:
        return {"×", "red"};
    case RowState::held:
        return {"!", "red"};
    case RowState::in_doubt:
        return {"?", "violet"};
    case RowState::drifted:
        return {"≠", "amber"};
    case RowState::unseen:
        return {"+", "blue"};
    case RowState::in_sync:
        return {"✓", "green"};
    case RowState::unmanaged:
        break;
    }
    return {"–", "grey"};
}

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t end = text.size(); end > 3;) {
        end -= 3;
        text.insert(end, 1, ',');
    }
    return text;
}

std::string html_age(WallTime time) {
    return html_time(time, " data-age");
}

std::string html_wait(WallTime time) {
    return html_time(time, " data-wait");
}

std::string html_source(const std::string& file, std::uint32_t line) {
    if (file.empty()) {
        return R"(<span class="dim">not in the file</span>)";
    }
    return fmt::format(R"(<code title="{}">{}</code>)", html_escaped(source_of(file, line)),
                       html_escaped(source_of(file.substr(file.rfind('/') + 1), line)));
}

std::string milliseconds_text(std::chrono::milliseconds duration) {
    if (duration.count() < 1) {
        return "under 1 ms";
    }
    return duration.count() < 1000 ? fmt::format("{} ms", duration.count())
                                   : fmt::format("{:.1f} s", static_cast<double>(duration.count()) / 1000);
}

} // namespace apikeyd
