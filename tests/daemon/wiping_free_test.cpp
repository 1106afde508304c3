// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace {

constexpr std::size_t mebibyte = std::size_t{1024} * 1024;
constexpr char mark = 'Z';

// What stands at a place that may not be ours any more, as somebody from outside sees it; nothing: it is
// gone. In memory of its own: a new block could be just the one that is looked for.
std::string_view at_place(std::uintptr_t place, std::size_t size) {
    static std::array<char, 130 * mebibyte> bytes;
    const int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    const ssize_t count = pread(memory, bytes.data(), size, static_cast<off_t>(place));
    close(memory);
    return {bytes.data(), count < 0 ? 0 : static_cast<std::size_t>(count)};
}

bool is_marked(std::string_view bytes) {
    return !bytes.empty() && std::ranges::all_of(bytes, [](char byte) { return byte == mark; });
}

void* volatile block; // so that nothing is left out

std::uintptr_t filled(std::size_t size) {
    block = std::malloc(size);
    REQUIRE(block != nullptr);
    std::memset(block, mark, size);
    const auto place = reinterpret_cast<std::uintptr_t>(block);
    REQUIRE(is_marked(at_place(place, size)));
    return place;
}

bool left_at(std::uintptr_t place, std::size_t size) {
    return at_place(place, size).find("ZZZZZZZZ") != std::string_view::npos;
}

long peak_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) {
            return std::stol(line.substr(6));
        }
    }
    return 0;
}

void forget_peak() {
    std::ofstream("/proc/self/clear_refs") << "5\n"; // proc(5)
}

} // namespace

TEST_CASE("wiping free: nothing is left of what is freed, be it small or large") {
    // A block that is mapped for itself makes later ones of its size come from the heap.
    std::free(std::malloc(8 * mebibyte));
    const std::size_t size =
        GENERATE(24, 1000, 100'000, mebibyte - 24, mebibyte, mebibyte + 4321, 40 * mebibyte);
    const std::uintptr_t place = filled(size);
    void* const behind = std::malloc(24); // what is freed isn't the end of the heap
    errno = ENOTTY;
    std::free(block);
    CHECK(errno == ENOTTY);
    CHECK_FALSE(left_at(place, size));
    std::free(behind);
}

TEST_CASE("wiping free: a block that grows or shrinks keeps what it holds and leaves nothing behind") {
    std::free(std::malloc(8 * mebibyte));
    const std::size_t size = GENERATE(24, 1000, 100'000, 3 * mebibyte);
    const std::size_t other = GENERATE_COPY(size * 3, size / 3, size - 1);
    const std::uintptr_t place = filled(size);
    void* const behind = std::malloc(24);
    block = std::realloc(block, other);
    REQUIRE(block != nullptr);
    const auto now = reinterpret_cast<std::uintptr_t>(block);
    const std::size_t kept = std::min(size, other);
    CHECK(is_marked(at_place(now, kept)));
    CHECK((now == place || !left_at(place, size)));
    std::free(block);
    std::free(behind);
}

TEST_CASE("wiping free: memory that was never touched isn't brought in to be wiped") {
    forget_peak(); // of other tests
    const long before = peak_kib();
    REQUIRE(before > 0);
    block = std::malloc(64 * mebibyte);
    REQUIRE(block != nullptr);
    std::free(block);
    CHECK(peak_kib() - before < 8 * 1024);
}
