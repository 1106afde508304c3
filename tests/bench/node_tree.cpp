// SPDX-License-Identifier: Apache-2.0
// node_tree PATH...: the files as yaml-cpp's node trees, all at once: how most programs read YAML.
#include <yaml-cpp/yaml.h>

#include <exception>
#include <iostream>
#include <vector>

int main(int argc, char** argv) {
    try {
        std::vector<YAML::Node> trees;
        std::size_t keys = 0;
        for (int i = 1; i < argc; ++i) {
            trees.push_back(YAML::LoadFile(argv[i]));
            keys += trees.back()["keys"].size();
        }
        std::cout << keys << '\n';
        return keys > 0 ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << "node_tree: " << error.what() << '\n';
        return 1;
    }
}
