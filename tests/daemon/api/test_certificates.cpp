// SPDX-License-Identifier: Apache-2.0
#include "tests/daemon/api/test_certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace apikeyd {

namespace {

void add_extension(X509* certificate, int kind, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    if (extension == nullptr || X509_add_ext(certificate, extension, -1) != 1) {
        throw std::runtime_error("no such extension: " + value);
    }
    X509_EXTENSION_free(extension);
}

} // namespace

Identity make_identity(const IdentityOptions& options) {
    static long serial = 1;
    const Identity identity{std::shared_ptr<X509>(X509_new(), X509_free),
                            std::shared_ptr<EVP_PKEY>(EVP_EC_gen("P-256"), EVP_PKEY_free)};
    const Identity& issuer = options.issuer == nullptr ? identity : *options.issuer;
    X509* certificate = identity.certificate.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), options.starts);
    X509_gmtime_adj(X509_getm_notAfter(certificate), options.ends);
    // The subject says nothing of the host, so that only the alternative name can match.
    const std::string subject = "test " + std::to_string(serial);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(subject.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer.certificate.get()));
    X509_set_pubkey(certificate, identity.key.get());
    add_extension(certificate, NID_basic_constraints,
                  options.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!options.name.empty()) {
        add_extension(certificate, NID_subject_alt_name, options.name);
    }
    if (X509_sign(certificate, issuer.key.get(), EVP_sha256()) == 0) {
        throw std::runtime_error("can't sign");
    }
    return identity;
}

std::shared_ptr<SSL_CTX> make_server_context(const Identity& identity, int newest) {
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    if (newest != 0) {
        SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context.get(), newest);
        SSL_CTX_set_cipher_list(context.get(), "DEFAULT@SECLEVEL=0"); // else OpenSSL 3 has none for TLS 1.1
    }
    SSL_CTX_use_certificate(context.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), identity.key.get());
    return context;
}

TempFolder::TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "apikeyd-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("no temporary folder");
    }
    folder_ = name;
}

TempFolder::~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string TempFolder::write_certificate(const Identity& identity, const std::string& file_name) const {
    std::FILE* file = std::fopen(path(file_name).c_str(), "we");
    if (file == nullptr || PEM_write_X509(file, identity.certificate.get()) != 1) {
        throw std::runtime_error("can't write " + path(file_name));
    }
    std::fclose(file);
    return path(file_name);
}

} // namespace apikeyd
