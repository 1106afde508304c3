// SPDX-License-Identifier: Apache-2.0
//
// Writes what the build installs besides the program: completion scripts and manual pages, from the program's
// own command line. A part of the build, not of the product.
#include "docs/generate/writers.hpp"

#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace {

using namespace apikeyd::docs;

std::string read(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in || !text) {
        throw std::runtime_error(path + ": can't be read");
    }
    return text.str();
}

std::string generate(const std::string& kind, const std::string& source) {
    const Model model = walk();
    if (kind == "man") {
        try {
            return manual_page(model, read(source));
        } catch (const std::runtime_error& error) {
            throw std::runtime_error(source + ": " + error.what());
        }
    }
    if (kind == "bash") {
        return bash_completion(model);
    }
    if (kind == "zsh") {
        return zsh_completion(model);
    }
    if (kind == "fish") {
        return fish_completion(model);
    }
    throw std::runtime_error(kind + ": there are bash, zsh, fish, and man with a file");
}

} // namespace

// bash|zsh|fish OUTPUT, or man OUTPUT SOURCE
int main(int argc, char** argv) {
    try {
        if (argc < 3) {
            throw std::runtime_error("usage: bash|zsh|fish OUTPUT, or man OUTPUT SOURCE");
        }
        const std::string text = generate(argv[1], argc > 3 ? argv[3] : "");
        std::ofstream out(argv[2], std::ios::binary);
        out << text << std::flush;
        if (!out) {
            throw std::runtime_error(std::string(argv[2]) + ": can't be written");
        }
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "generate: " << error.what() << std::endl;
        return 1;
    }
}
