// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/terminal.hpp"

#include "daemon/cli/context.hpp"
#include "daemon/cli/text_columns.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <poll.h>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace apikeyd {

namespace {

// Of ECMA-48 and, with '?', of the DEC terminals that all others follow (xterm's ctlseqs): alternate screen,
// no cursor, no going on in the next line at the end of one. What is said here is unsaid by `restore`.
constexpr const char* prepare = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr const char* restore = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

} // namespace

std::optional<TerminalSize> terminal_size(int fd) {
    winsize size{};
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return std::nullopt;
    }
    return TerminalSize{size.ws_row, size.ws_col};
}

bool can_redraw(int fd) {
    const char* term = std::getenv("TERM");
    return term != nullptr && *term != '\0' && std::string_view(term) != "dumb" && isatty(fd) == 1;
}

bool write_all(int fd, const std::string& text) {
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t size = write(fd, rest.data(), rest.size());
        if (size >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(size));
        } else if (errno == EAGAIN) { // whoever shares the terminal with us made it so
            pollfd wanted{fd, POLLOUT, 0};
            (void)poll(&wanted, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

Screen::Screen() {
    enter();
}

Screen::~Screen() {
    leave();
}

void Screen::enter() {
    termios mode{};
    if (isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &mode) == 0) {
        before_ = mode;
        mode.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON); // signals of keys stay
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &mode);
    }
    entered_ = true;
    (void)write_all(STDOUT_FILENO, prepare);
}

void Screen::leave() noexcept {
    if (!entered_) {
        return;
    }
    entered_ = false;
    (void)write_all(STDOUT_FILENO, restore);
    if (before_) {
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
    }
}

void Screen::draw(const std::vector<std::string>& lines, TerminalSize size) {
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        // Behind a line that is full the cursor still stands on its last character.
        text += fmt::format("\x1b[{};1H{}{}", i + 1, lines[i],
                            apikeyd::columns(lines[i]) < size.columns ? "\x1b[K" : "");
    }
    if (lines.size() < size.rows) {
        text += fmt::format("\x1b[{};1H\x1b[J", lines.size() + 1);
    }
    if (!write_all(STDOUT_FILENO, text)) {
        throw CommandError(exit_error, "the terminal can't be written to");
    }
}

} // namespace apikeyd
