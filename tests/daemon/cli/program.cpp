// SPDX-License-Identifier: Apache-2.0
#include "tests/daemon/cli/program.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace apikeyd::test {

namespace {

constexpr int patience_ms = 20'000;

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (const std::string& text : texts) {
        result.push_back(const_cast<char*>(text.c_str()));
    }
    result.push_back(nullptr);
    return result;
}

std::array<int, 2> make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error("pipe2");
    }
    return ends;
}

} // namespace

Program::Program(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                 const std::string& output) {
    std::vector<std::string> words = {"apikeyd"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> variables = environment;
    // No sanitizer's warning may stand between what is compared.
    variables.emplace_back("PATH=/usr/bin:/bin");
    const auto argv = pointers(words);
    const auto envp = pointers(variables);
    const auto out = make_pipe();
    const auto err = make_pipe();
    pid_ = fork();
    if (pid_ == 0) {
        const int target = output.empty() ? out[1] : open(output.c_str(), O_WRONLY);
        dup2(target, STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        execve(APIKEYD_PROGRAM, argv.data(), envp.data());
        _exit(127);
    }
    close(out[1]);
    close(err[1]);
    out_pipe_ = out[0];
    err_pipe_ = err[0];
    if (pid_ < 0) {
        throw std::runtime_error("fork");
    }
}

Program::~Program() {
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    for (const int pipe : {out_pipe_, err_pipe_}) {
        if (pipe >= 0) {
            close(pipe);
        }
    }
}

void Program::take(int& pipe, std::string& text) {
    std::array<char, 4096> buffer{};
    const ssize_t size = read(pipe, buffer.data(), buffer.size());
    if (size > 0) {
        text.append(buffer.data(), static_cast<std::size_t>(size));
    } else {
        close(pipe);
        pipe = -1;
    }
}

// False when there is nothing more to come.
bool Program::read_more() {
    std::array<pollfd, 2> pipes{{{out_pipe_, POLLIN, 0}, {err_pipe_, POLLIN, 0}}}; // negative: passed over
    if ((out_pipe_ < 0 && err_pipe_ < 0) || poll(pipes.data(), pipes.size(), patience_ms) <= 0) {
        return false;
    }
    if (pipes[0].revents != 0) {
        take(out_pipe_, out_);
    }
    if (pipes[1].revents != 0) {
        take(err_pipe_, err_);
    }
    return true;
}

bool Program::wait_for(const std::string& text) {
    while (err_.find(text) == std::string::npos) {
        if (err_pipe_ < 0 || !read_more()) {
            return false;
        }
    }
    return true;
}

int Program::wait() {
    while (read_more()) {
    }
    if (out_pipe_ >= 0 || err_pipe_ >= 0) {
        return -1;
    }
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace apikeyd::test
