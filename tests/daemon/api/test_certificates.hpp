// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

// As in <openssl/types.h>.
struct evp_pkey_st;
struct ssl_ctx_st;
struct x509_st;

namespace apikeyd {

// A certificate and its key, made on the spot.
struct Identity {
    std::shared_ptr<x509_st> certificate;
    std::shared_ptr<evp_pkey_st> key;
};

struct IdentityOptions {
    std::string name;                 // subject alternative name: "DNS:localhost" or "IP:127.0.0.1"
    long starts = -3600;              // seconds from now
    long ends = 3600;                 // seconds from now
    const Identity* issuer = nullptr; // nothing: signed with its own key
    bool authority = false;
};
Identity make_identity(const IdentityOptions& options);

// A server's context with this identity; `newest` is the highest TLS version it speaks, 0 for no limit.
std::shared_ptr<ssl_ctx_st> make_server_context(const Identity& identity, int newest = 0);

// A temporary folder, removed at the end.
class TempFolder {
  public:
    TempFolder();
    ~TempFolder();
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    // Writes the certificate as PEM and returns the file's path.
    std::string write_certificate(const Identity& identity, const std::string& file_name) const;
    std::string path(const std::string& file_name) const { return (folder_ / file_name).string(); }

  private:
    std::filesystem::path folder_;
};

} // namespace apikeyd
