// SPDX-License-Identifier: Apache-2.0

// Memory is wiped when it is freed, whoever frees it. The answers of the API hold secrets, and pass through
// buffers of Poco, its JSON parser, OpenSSL and std::string that nobody could wipe one by one. The program's
// free() and realloc() come before glibc's for every library, operator delete included; the memory itself is
// still glibc's. tests/e2e/test_memory.py looks from outside at what is left.

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <malloc.h>

extern "C" {

void __libc_free(void* memory) noexcept; // NOLINT(bugprone-reserved-identifier)

void free(void* memory) noexcept {
    if (memory != nullptr) {
        explicit_bzero(memory, malloc_usable_size(memory));
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
