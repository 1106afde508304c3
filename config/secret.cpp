// SPDX-License-Identifier: Apache-2.0
#include "config/secret.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <new>
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

Fingerprint Fingerprinter::operator()(std::string_view secret) const {
    Fingerprint result{};
    unsigned int size = static_cast<unsigned int>(result.size());
    const std::string_view key = key_.reveal();
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), result.data(),
             &size) == nullptr ||
        size != result.size()) {
        throw std::runtime_error("HMAC-SHA-256 is not available in this OpenSSL");
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
