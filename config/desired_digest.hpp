// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/secret.hpp"

#include <string>
#include <string_view>

namespace apikeyd {

// The digest of desired files: what DesiredState::digest() holds, and what the same bytes from elsewhere (a
// git commit, say) are compared with. Either one file or a folder's members, never both.
class DesiredDigest {
  public:
    void add_file(std::string_view text);

    // By rising name. Names and lengths go in too: the same keys in other files are another state of affairs.
    void add_member(std::string_view name, std::string_view text);

    // "sha256:" and 64 hex digits. Once.
    std::string finish() { return digest_.finish(); }

  private:
    Sha256 digest_;
};

} // namespace apikeyd
