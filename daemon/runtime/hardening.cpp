// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/hardening.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>

namespace apikeyd {

namespace {

std::optional<mode_t> narrowed_umask; // what it was before

} // namespace

void harden_process() {
    // Both: a core that is piped to a program (core(5)) is not bound by the limit, and a later change of user
    // could make the process dumpable again.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        throw std::system_error(errno, std::generic_category(), "prctl");
    }
    const rlimit none{0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) {
        throw std::system_error(errno, std::generic_category(), "setrlimit");
    }
    const mode_t before = umask(077);
    if (!narrowed_umask) {
        narrowed_umask = before;
    }
}

[[gnu::noinline]] void wipe_unused_stack() noexcept {
    std::array<char, std::size_t{48} * 1024> unused; // NOLINT(cppcoreguidelines-pro-type-member-init)
    explicit_bzero(unused.data(), unused.size());
    // The vector registers that the last copy went through, by copying zeros the same way: whoever saves them
    // next (the dynamic linker, say) would put them onto the stack again.
    for (std::size_t size = 16; size <= 1024; size *= 2) {
        std::memmove(unused.data() + 1, unused.data(), size);
        std::memmove(unused.data(), unused.data() + 1, size - 1);
    }
    explicit_bzero(unused.data(), 2048); // without it the copies would be left out
}

mode_t umask_of_caller() {
    if (narrowed_umask) {
        return *narrowed_umask;
    }
    const mode_t mask = umask(0);
    umask(mask);
    return mask;
}

} // namespace apikeyd
