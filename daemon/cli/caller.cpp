// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/caller.hpp"

#include "config/utf8.hpp"

#include <cstdlib>
#include <pwd.h>
#include <unistd.h>

namespace apikeyd {

std::string caller_name() {
    if (const char* sudo = std::getenv("SUDO_USER"); sudo != nullptr && *sudo != '\0' && geteuid() == 0) {
        return visible_text(std::string(sudo).substr(0, 64));
    }
    const passwd* user = getpwuid(getuid());
    return user != nullptr ? user->pw_name : "uid " + std::to_string(getuid());
}

} // namespace apikeyd
