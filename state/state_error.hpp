// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace apikeyd {

// The state can't be used: what is wrong with which file, and what to do about it. Thrown by state/ alone.
class StateError : public std::runtime_error {
  public:
    enum class Kind {
        unusable, // no such folder, no permission, not a database, corrupt, another program's
        newer,    // written by a newer apikeyd
        locked,   // another daemon is the writer
        failing,  // was fine when opened and now can't be read or written: disk full, I/O error, busy
        exposed,  // anybody may replace it
        replaced, // the file at the path is no longer the one that is open
    };

    StateError(Kind kind, const std::string& what)
        : std::runtime_error(what)
        , kind_(kind) {}
    Kind kind() const noexcept { return kind_; }

  private:
    Kind kind_;
};

} // namespace apikeyd
