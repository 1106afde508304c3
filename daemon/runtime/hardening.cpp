// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/hardening.hpp"

#include <cerrno>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>

namespace apikeyd {

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
    umask(077);
}

} // namespace apikeyd
