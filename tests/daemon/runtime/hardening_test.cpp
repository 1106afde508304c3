// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/hardening.hpp"

#include <catch2/catch.hpp>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace apikeyd;

TEST_CASE("hardening: no core, no tracer, files for the owner alone") {
    const pid_t child = fork(); // it can't be taken back
    REQUIRE(child >= 0);
    if (child == 0) {
        umask(027);
        harden_process();
        harden_process(); // what it was before is not forgotten
        rlimit core{1, 1};
        const bool read = getrlimit(RLIMIT_CORE, &core) == 0;
        const bool hardened = read && core.rlim_cur == 0 && core.rlim_max == 0 &&
                              prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && umask_of_caller() == 027 &&
                              umask(0) == 077;
        _exit(hardened ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}
