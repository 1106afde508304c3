// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/words.hpp"

#include "daemon/runtime/digest.hpp"

#include <fmt/format.h>

namespace apikeyd {

std::string describe_age(WallTime then, WallTime now) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - then).count();
    if (seconds < 0) {
        return "in the future";
    }
    if (seconds < 1) {
        return "just now";
    }
    if (seconds < 120) {
        return fmt::format("{} s ago", seconds);
    }
    if (seconds < 2 * 3600) {
        return fmt::format("{} min ago", seconds / 60);
    }
    return seconds < 2 * 86400 ? fmt::format("{} h ago", seconds / 3600)
                               : fmt::format("{} d ago", seconds / 86400);
}

std::string source_of(const std::string& file, std::uint32_t line) {
    return file.empty() ? "(not in the file)" : fmt::format("{}:{}", file, line);
}

ApproveCommands approve_commands(const std::string& digest) {
    return {"apikeyd approve " + short_digest(digest), "apikeyd apply --approve " + short_digest(digest)};
}

std::string approve_lines(const std::string& digest) {
    const auto [daemon, pipeline] = approve_commands(digest);
    return fmt::format("let them go\n  with the daemon: {}\n  in a pipeline: {}\n", daemon, pipeline);
}

std::string describe_wait(WallTime then, WallTime now) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(then - now).count();
    if (seconds <= 0) {
        return "now";
    }
    if (seconds < 120) {
        return fmt::format("in {} s", seconds);
    }
    if (seconds < 2 * 3600) {
        return fmt::format("in {} min", seconds / 60);
    }
    return seconds < 2 * 86400 ? fmt::format("in {} h", seconds / 3600)
                               : fmt::format("in {} d", seconds / 86400);
}

std::string format_second(WallTime time) {
    std::string text = format_rfc3339(time);
    return text.replace(text.find('.'), std::string::npos, "Z");
}

std::string counted(std::uint64_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

} // namespace apikeyd
