// SPDX-License-Identifier: Apache-2.0
// Runs seeds: simulation [--seeds N] [--from SEED]. A failing seed prints itself; `--from SEED --seeds 1`
// repeats it.
#include "tests/simulation/simulation.hpp"

#include <cstdlib>
#include <iostream>
#include <string_view>

int main(int argc, char** argv) {
    std::uint64_t seeds = 2000;
    std::uint64_t from = 1;
    std::uint64_t trace = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view option = argv[i];
        if (option != "--seeds" && option != "--from" && option != "--trace") {
            std::cerr << "usage: simulation [--seeds N] [--from SEED] [--trace 1]\n";
            return 64;
        }
        (option == "--seeds"  ? seeds
         : option == "--from" ? from
                              : trace) = std::strtoull(argv[i + 1], nullptr, 10);
    }
    std::uint64_t requests = 0;
    for (std::uint64_t seed = from; seed < from + seeds; ++seed) {
        try {
            apikeyd::simulation::Simulation simulation(seed, trace != 0);
            simulation.run();
            requests += simulation.requests();
        } catch (const std::exception& error) {
            std::cout << "FAILED: " << error.what() << "\nrepeat with: simulation --from " << seed
                      << " --seeds 1\n";
            return 1;
        }
    }
    std::cout << seeds << " seeds from " << from << ", " << requests << " requests: no invariant broken\n";
    return 0;
}
