// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace apikeyd::test {

// The real program as a child process, with its own environment and nothing of ours. Killed and reaped at the
// end at the latest.
class Program {
  public:
    // `environment`: "NAME=value". `output`: where standard output goes; empty: kept here.
    explicit Program(const std::vector<std::string>& arguments,
                     const std::vector<std::string>& environment = {}, const std::string& output = "");
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    // Until it ends, or 20 seconds. The exit code; 128 and the signal's number; -1: it did not end.
    int wait();
    // Reads what it writes to standard error until this text has come; false at its end.
    bool wait_for(const std::string& text);

    pid_t pid() const noexcept { return pid_; }
    const std::string& out() const noexcept { return out_; }
    const std::string& err() const noexcept { return err_; }

  private:
    bool read_more();
    void take(int& pipe, std::string& text);

    pid_t pid_ = -1;
    int out_pipe_ = -1;
    int err_pipe_ = -1;
    std::string out_;
    std::string err_;
};

} // namespace apikeyd::test
