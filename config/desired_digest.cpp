// SPDX-License-Identifier: Apache-2.0
#include "config/desired_digest.hpp"

#include <fmt/format.h>

namespace apikeyd {

void DesiredDigest::add_file(std::string_view text) {
    digest_.update(text);
}

void DesiredDigest::add_member(std::string_view name, std::string_view text) {
    digest_.update(fmt::format("{}:{}{}:", name.size(), name, text.size()));
    digest_.update(text);
}

} // namespace apikeyd
