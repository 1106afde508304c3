// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/receive_buffer.hpp"

#include <Poco/Net/SocketImpl.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>

namespace apikeyd {

ReceiveBuffer::ReceiveBuffer(const Poco::Net::StreamSocket& socket)
    : socket_(socket)
    , descriptor_(socket_.impl()->sockfd())
    , bytes_() {}

void ReceiveBuffer::wipe() noexcept {
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
    at_ = 0;
    end_ = 0;
}

int ReceiveBuffer::peek() {
    if (buffered() == 0) {
        at_ = 0;
        end_ = 0; // also where it throws
        end_ = static_cast<std::size_t>(
            std::max(0, socket_.receiveBytes(bytes_.data(), static_cast<int>(bytes_.size()))));
    }
    return buffered() == 0 ? std::char_traits<char>::eof() : static_cast<unsigned char>(bytes_[at_]);
}

int ReceiveBuffer::get() {
    const int character = peek();
    at_ += buffered() == 0 ? 0 : 1;
    return character;
}

int ReceiveBuffer::read(char* into, std::size_t size) {
    if (buffered() == 0) {
        return socket_.receiveBytes(into, static_cast<int>(size));
    }
    const std::size_t count = std::min(size, buffered());
    std::memcpy(into, bytes_.data() + at_, count);
    at_ += count;
    return static_cast<int>(count);
}

void ReceivedBytes::rethrow() const {
    if (failure_) {
        failure_->rethrow();
    }
}

ReceivedBytes::int_type ReceivedBytes::underflow() {
    try {
        const int next = failure_ ? traits_type::eof() : input_.get();
        if (next != traits_type::eof()) {
            last_ = {last_[1], static_cast<char>(next)};
            setg(last_.data(), last_.data() + 1, last_.data() + 2);
        }
        return next;
    } catch (const Poco::Exception& error) {
        failure_.reset(error.clone());
        return traits_type::eof();
    }
}

} // namespace apikeyd
