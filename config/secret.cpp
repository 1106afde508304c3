// SPDX-License-Identifier: Apache-2.0
#include "config/secret.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <utility>

namespace apikeyd {

void wipe(std::string& text) noexcept {
    text.resize(text.capacity()); // a short text may leave an older, longer one behind it
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

Secret::Secret(std::string&& text) noexcept
    : text_(std::move(text)) {
    wipe(text);
}

Secret::Secret(Secret&& other) noexcept
    : text_(std::move(other.text_)) {
    wipe(other.text_);
}

Secret& Secret::operator=(const Secret& other) {
    if (this != &other) {
        wipe(text_);
        text_ = other.text_;
    }
    return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe(text_);
        text_ = std::move(other.text_);
        wipe(other.text_);
    }
    return *this;
}

Secret::~Secret() {
    wipe(text_);
}

bool Secret::same_as(const Secret& other) const noexcept {
    return text_.size() == other.text_.size() &&
           CRYPTO_memcmp(text_.data(), other.text_.data(), text_.size()) == 0;
}

namespace {

struct FreeMac {
    void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
};
using Mac = std::unique_ptr<EVP_MAC_CTX, FreeMac>;

[[noreturn]] void no_hmac() {
    throw std::runtime_error("HMAC-SHA-256 is not available in this OpenSSL");
}

} // namespace

// To look the algorithm up takes longer than to make a fingerprint with it.
Fingerprinter::Fingerprinter(const Secret& key) {
    EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
    Mac mac(algorithm != nullptr ? EVP_MAC_CTX_new(algorithm) : nullptr);
    EVP_MAC_free(algorithm); // the context keeps it
    std::string digest = OSSL_DIGEST_NAME_SHA2_256;
    const std::array<OSSL_PARAM, 2> params{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), digest.size()),
        OSSL_PARAM_construct_end()};
    const std::string_view text = key.reveal();
    if (!mac || EVP_MAC_init(mac.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                             params.data()) != 1) {
        no_hmac();
    }
    keyed_ = std::shared_ptr<EVP_MAC_CTX>(std::move(mac));
}

Fingerprint Fingerprinter::operator()(std::string_view secret) const {
    const Mac mac(EVP_MAC_CTX_dup(static_cast<const EVP_MAC_CTX*>(keyed_.get())));
    Fingerprint result{};
    std::size_t size = 0;
    if (!mac ||
        EVP_MAC_update(mac.get(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size()) !=
            1 ||
        EVP_MAC_final(mac.get(), result.data(), &size, result.size()) != 1 || size != result.size()) {
        no_hmac();
    }
    return result;
}

Sha256::Sha256()
    : context_(EVP_MD_CTX_new()) {
    // Once: OpenSSL would look it up for each digest, which costs as much as a short one.
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (context_ == nullptr || algorithm == nullptr ||
        EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), algorithm, nullptr) != 1) {
        EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
        throw std::runtime_error("SHA-256 is not available in this OpenSSL");
    }
}

Sha256::~Sha256() {
    EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
}

void Sha256::update(std::string_view bytes) {
    EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size());
}

std::string Sha256::finish() {
    return to_string(finish_bytes());
}

Digest Sha256::finish_bytes() {
    Digest digest{};
    EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), digest.data(), nullptr);
    return digest;
}

std::string to_string(const Digest& digest) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text = "sha256:";
    for (const std::uint8_t byte : digest) {
        text.push_back(digits[byte >> 4]);
        text.push_back(digits[byte & 0xF]);
    }
    return text;
}

} // namespace apikeyd
