// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/secret.hpp"

#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>

namespace apikeyd {

// The token can't be had: says where it was looked for and what to do. Holds nothing of it.
class TokenError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// Where the token comes from, the first that is there: the file that was named, systemd's credential
// ($CREDENTIALS_DIRECTORY/api-token), the variable APIKEYD_TOKEN.
struct TokenOrigin {
    std::string file; // empty: the variable
    Secret variable;
};
TokenOrigin find_token(const std::string& named_file, Secret variable);
TokenOrigin find_token(const std::string& named_file); // takes the variable, wherever the token is found

// APIKEYD_TOKEN, which is then gone from the environment, /proc/PID/environ included: other programs could
// read it there. Empty: not set. Before there are other threads.
Secret take_token_variable();

// The bearer token. get() may be called from any thread.
class TokenStore {
  public:
    // `before`: a token that was in use; where it isn't empty it is used if no other can be had. Throws
    // TokenError.
    explicit TokenStore(TokenOrigin origin, Secret before = {});

    Secret get() const;

    // Reads the file again; true if the token is another one now. Throws TokenError, and keeps the old one.
    bool reload();

    // Why the file, as it was read last, can't be used; the token from before is. For the owner's thread.
    const std::optional<std::string>& trouble() const noexcept { return trouble_; }

    const std::string& file() const noexcept { return origin_.file; } // empty: not from a file

  private:
    static Secret first_token(const TokenOrigin& origin);

    TokenOrigin origin_;
    std::optional<std::string> trouble_;
    mutable std::mutex mutex_; // guards token_
    Secret token_;
};

// Reads a token: one line of visible ASCII, surrounding white space left out. Refuses what is no regular
// file, a file that group or others may read, and anything that could not go into an HTTP header. The group
// may read where systemd grants it: in $CREDENTIALS_DIRECTORY. Throws TokenError.
Secret read_token_file(const std::string& path);

} // namespace apikeyd
