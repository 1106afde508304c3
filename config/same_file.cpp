// SPDX-License-Identifier: Apache-2.0
#include "config/same_file.hpp"

#include <filesystem>
#include <system_error>

namespace apikeyd {

bool is_same_file(const std::string& one, const std::string& other) {
    std::error_code missing;
    return one == other || std::filesystem::equivalent(one, other, missing);
}

} // namespace apikeyd
