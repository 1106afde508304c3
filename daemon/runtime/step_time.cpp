// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/step_time.hpp"

#include "daemon/runtime/watch_points.hpp"

#include <filesystem>
#include <system_error>

namespace apikeyd {

namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t small_file = mebibyte / 2;        // ten thousand keys: a fifth of a second
constexpr std::uint64_t load_milliseconds_per_mib = 8000; // 400 ms were measured for the densest file
constexpr std::uint64_t open_milliseconds_per_mib = 200;
constexpr std::chrono::seconds open_at_least{10};

std::chrono::milliseconds per_mebibyte(std::uint64_t bytes, std::uint64_t milliseconds) {
    return std::chrono::milliseconds{(bytes / mebibyte + 1) * milliseconds};
}

} // namespace

std::chrono::milliseconds time_to_load(std::uint64_t bytes) {
    return bytes < small_file ? std::chrono::milliseconds{0} : per_mebibyte(bytes, load_milliseconds_per_mib);
}

std::chrono::milliseconds time_to_open(std::uint64_t bytes) {
    return open_at_least + per_mebibyte(bytes, open_milliseconds_per_mib);
}

std::uint64_t size_of_desired(const std::string& path) {
    std::uint64_t bytes = 0;
    for (const ContentStamp::File& file : stamp_of(path).files) {
        bytes += static_cast<std::uint64_t>(file.size);
    }
    return bytes;
}

std::uint64_t size_of_state(const std::string& path) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    return error ? 0 : size;
}

} // namespace apikeyd
