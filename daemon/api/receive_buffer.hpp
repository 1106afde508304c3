// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Poco/Exception.h>
#include <Poco/Net/StreamSocket.h>

#include <array>
#include <cstddef>
#include <memory>
#include <streambuf>

namespace apikeyd {

// What was received over a socket and not read yet. Leaves nothing of it in memory when it goes. Reading
// throws Poco::Exception. Not thread-safe.
class ReceiveBuffer {
  public:
    explicit ReceiveBuffer(const Poco::Net::StreamSocket& socket);
    ~ReceiveBuffer() { wipe(); }
    ReceiveBuffer(const ReceiveBuffer&) = delete;
    ReceiveBuffer& operator=(const ReceiveBuffer&) = delete;

    Poco::Net::StreamSocket& socket() noexcept { return socket_; }
    int descriptor() const noexcept { return descriptor_; }

    // The next byte, or EOF of std::char_traits<char> at the end of the stream.
    int peek();
    int get();
    // At least one byte and at most `size`; 0 or less at the end of the stream.
    int read(char* into, std::size_t size);

    std::size_t buffered() const noexcept { return end_ - at_; }
    // Forgets what was read, and what is left.
    void wipe() noexcept;

  private:
    Poco::Net::StreamSocket socket_;
    int descriptor_;
    std::array<char, 4096> bytes_; // from at_ to end_
    std::size_t at_ = 0;
    std::size_t end_ = 0;
};

// The same as a stream, for Poco's parser of header fields; takes no byte more than is read. A stream would
// swallow what the socket throws.
class ReceivedBytes final : public std::streambuf {
  public:
    explicit ReceivedBytes(ReceiveBuffer& input)
        : input_(input) {}

    // What reading threw, if it did.
    void rethrow() const;

  private:
    int_type underflow() override;

    std::array<char, 2> last_{}; // the parser puts one back
    ReceiveBuffer& input_;
    std::unique_ptr<Poco::Exception> failure_;
};

} // namespace apikeyd
