// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <termios.h>
#include <vector>

namespace apikeyd {

struct TerminalSize {
    std::size_t rows = 0;
    std::size_t columns = 0;
};

// Nothing where it is no terminal, or one that doesn't say.
std::optional<TerminalSize> terminal_size(int fd);

// Whether what stands there can be drawn over: a terminal that TERM doesn't call dumb.
bool can_redraw(int fd);

// All of it, however many writes that takes; false: it can't be written.
bool write_all(int fd, const std::string& text);

// The whole terminal that standard output is, for as long as the object lives: its alternate screen, without
// cursor, and without an echo of what is typed. Everything is as before when it goes, whatever ends that.
class Screen {
  public:
    Screen();
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    // Puts these lines, which must fit into the size, in the place of what is there: without clearing it
    // first, which would flicker. Throws CommandError (1) where the terminal is gone.
    void draw(const std::vector<std::string>& lines, TerminalSize size);

    // Gives the terminal back, and takes it again: for a program that is stopped meanwhile.
    void leave() noexcept;
    void enter();

  private:
    bool entered_ = false;
    std::optional<termios> before_; // of standard input; nothing: that is no terminal
};

} // namespace apikeyd
