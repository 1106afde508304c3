// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/tls_context.hpp"

#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SSLManager.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <stdexcept>

namespace apikeyd {

namespace {

// Poco counts initializations and ends OpenSSL's use with the last; one of ours lasts as long as the process.
// Its manager is touched first, so that it is destroyed last.
class SslLibrary {
  public:
    SslLibrary() {
        Poco::Net::SSLManager::instance();
        Poco::Net::initializeSSL();
    }
    ~SslLibrary() { Poco::Net::uninitializeSSL(); }
    SslLibrary(const SslLibrary&) = delete;
    SslLibrary& operator=(const SslLibrary&) = delete;
};

void use_ssl_library() {
    static const SslLibrary library;
}

// What was wrong with the certificate of the handshake that runs in this thread; X509_V_OK: nothing yet. Poco
// frees the SSL object before anyone could ask it.
thread_local int verify_error = X509_V_OK;

int remember_verify_error(int ok, X509_STORE_CTX* store) {
    if (ok == 0) {
        verify_error = X509_STORE_CTX_get_error(store);
    }
    return ok;
}

} // namespace

Poco::Net::Context::Ptr make_tls_context(const std::string& ca_file) {
    use_ssl_library();
    Poco::Net::Context::Params params;
    params.caLocation = ca_file;
    params.loadDefaultCAs = ca_file.empty();
    // STRICT: the weaker modes don't check the host's name on loopback.
    params.verificationMode = Poco::Net::Context::VERIFY_STRICT;
    params.cipherList = "DEFAULT"; // OpenSSL's and the system's choice; Poco's own dates from before TLS 1.3
    try {
        Poco::Net::Context::Ptr context(new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, params));
        context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
        context->enableExtendedCertificateVerification(true);
        // What was decrypted is gone once it is read; else it stays as long as the connection is idle.
        SSL_CTX_set_options(context->sslContext(), SSL_OP_CLEANSE_PLAINTEXT);
        SSL_CTX_set_mode(context->sslContext(), SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_verify(context->sslContext(), params.verificationMode, remember_verify_error);
        return context;
    } catch (const Poco::Exception& error) {
        throw std::runtime_error("can't use the CA certificates of " +
                                 (ca_file.empty() ? std::string("this system") : ca_file) + ": " +
                                 error.displayText());
    }
}

Poco::Net::StreamSocket start_tls(const Poco::Net::StreamSocket& socket, const std::string& host,
                                  const Poco::Net::Context::Ptr& context) {
    verify_error = X509_V_OK;
    try {
        auto secure = Poco::Net::SecureStreamSocket::attach(socket, host, context);
        // A handshake cut short must never pass for one without certificate, of which Poco would say nothing.
        if (secure.completeHandshake() != 1 || !secure.havePeerCertificate()) {
            throw Poco::Net::SSLException("the handshake was not completed");
        }
        secure.verifyPeerCertificate(host);
        return secure;
    } catch (const Poco::Net::CertificateValidationException&) {
        throw Poco::Net::CertificateValidationException("the server's certificate is not for " + host);
    } catch (const Poco::Net::SSLException&) {
        if (verify_error == X509_V_OK) {
            throw;
        }
        throw Poco::Net::CertificateValidationException(std::string("the server's certificate is refused: ") +
                                                        X509_verify_cert_error_string(verify_error));
    }
}

} // namespace apikeyd
