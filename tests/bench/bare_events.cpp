// SPDX-License-Identifier: Apache-2.0
// bare_events PATH: yaml-cpp's events over a desired file, or each of a folder, counted and thrown away. What
// a program that reads them with yaml-cpp takes at least, from its start to its exit.
#include "tests/bench/bare_yaml.hpp"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: bare_events PATH\n";
        return 64;
    }
    try {
        std::size_t values = 0;
        for (const std::string& file : apikeyd::bench::files_at(argv[1])) {
            values += apikeyd::bench::bare_events(apikeyd::bench::read_file(file));
        }
        std::cout << values << '\n';
        return values > 0 ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << "bare_events: " << error.what() << '\n';
        return 1;
    }
}
