// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/listen_address.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <sys/types.h>

namespace apikeyd {

// Why nothing can be listened on; a sentence for people.
class ListenError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// A socket that listens. One of a path is given to the group, not to others (0660), and is gone from there at
// the end; one that a dead process left is taken away. Nothing of it is inherited by other programs.
// Move-only.
class Listener {
  public:
    // `passed`: the service manager's socket, for an address of that kind; stays the caller's. Throws
    // ListenError.
    explicit Listener(const ListenAddress& address, int passed = -1);
    ~Listener();
    Listener(Listener&& other) noexcept;
    Listener& operator=(Listener&&) = delete;

    int fd() const noexcept { return fd_; } // never blocks in accept(2)

    // As a client names it: "http://127.0.0.1:9464/", "unix:/run/apikeyd/status.sock".
    const std::string& address() const noexcept { return address_; }
    bool is_path() const noexcept { return is_path_; }
    bool local() const noexcept { return local_; } // no other machine reaches it

  private:
    void bind_tcp(const ListenAddress& address);
    void bind_path(const std::string& path);
    void adopt(int passed);
    void listen();
    void learn_address();
    void release() noexcept;

    struct OwnPath { // what this process made there
        std::string path;
        dev_t device;
        ino_t inode;
    };

    int fd_ = -1;
    std::string address_;
    bool is_path_ = false;
    bool local_ = true;
    std::optional<OwnPath> own_path_;
};

} // namespace apikeyd
