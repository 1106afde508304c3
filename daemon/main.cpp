// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/commands.hpp"

#include <unistd.h>

int main(int argc, char** argv) {
    return apikeyd::run_cli(argc, argv, environ);
}
