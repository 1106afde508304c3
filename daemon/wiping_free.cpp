// SPDX-License-Identifier: Apache-2.0

// Memory is wiped when it is freed, whoever frees it. The answers of the API hold secrets, and pass through
// buffers of Poco, its JSON parser, OpenSSL and std::string that nobody could wipe one by one. The program's
// free() and realloc() come before glibc's for every library, operator delete included; the memory itself is
// still glibc's. tests/e2e/test_memory.py looks from outside at what is left.

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

constexpr size_t large = size_t{1024} * 1024;

// The whole pages of a large block go back to the kernel, which gives empty ones for them. To overwrite them
// would first bring into memory what never was there: the room that a large container reserved and didn't
// need.
void wipe(char* memory, size_t size) noexcept {
    if (size >= large) {
        const int before = errno; // free() leaves it alone
        const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
        const size_t head = (page - reinterpret_cast<size_t>(memory) % page) % page;
        const size_t pages = (size - head) / page * page;
        if (madvise(memory + head, pages, MADV_DONTNEED) == 0) {
            explicit_bzero(memory + head + pages, size - head - pages);
            size = head;
        }
        errno = before;
    }
    explicit_bzero(memory, size);
}

} // namespace

extern "C" {

void __libc_free(void* memory) noexcept; // NOLINT(bugprone-reserved-identifier)

void free(void* memory) noexcept {
    if (memory != nullptr) {
        wipe(static_cast<char*>(memory), malloc_usable_size(memory));
        __libc_free(memory);
    }
}

// glibc's would free the old place by itself.
void* realloc(void* memory, size_t size) noexcept {
    if (memory == nullptr) {
        return malloc(size);
    }
    if (size == 0) {
        free(memory);
        return nullptr;
    }
    const size_t old_size = malloc_usable_size(memory);
    if (size <= old_size && size >= old_size / 2) {
        return memory;
    }
    void* moved = malloc(size);
    if (moved != nullptr) {
        std::memcpy(moved, memory, std::min(size, old_size));
        free(memory);
    }
    return moved;
}
}
