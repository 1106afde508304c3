// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/hardening.hpp"

#include <cerrno>
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

mode_t umask_of_caller() {
    if (narrowed_umask) {
        return *narrowed_umask;
    }
    const mode_t mask = umask(0);
    umask(mask);
    return mask;
}

} // namespace apikeyd
