// SPDX-License-Identifier: Apache-2.0
// bare_events FILE...: yaml-cpp's events over each file, counted and thrown away. What a program that reads desired
// files with yaml-cpp takes at least, from its start to its exit.
#include "tests/bench/bare_yaml.hpp"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    try {
        std::size_t values = 0;
        for (int i = 1; i < argc; ++i) {
            values += apikeyd::bench::bare_events(apikeyd::bench::read_file(argv[i]));
        }
        std::cout << values << '\n';
        return values > 0 ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << "bare_events: " << error.what() << '\n';
        return 1;
    }
}
