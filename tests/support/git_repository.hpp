// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/temp_folder.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace apikeyd::test {

inline std::string shell_word(const std::string& word) {
    std::string result = "'";
    for (const char c : word) {
        result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return result + "'";
}

// A repository in a temporary folder, made by git itself, with nothing of the tester's settings. Each commit
// is a minute later than the one before.
class Repository {
  public:
    explicit Repository(std::string path)
        : path_(std::move(path)) {
        std::filesystem::create_directories(path_);
        git("init --quiet --initial-branch=main");
    }

    // What git prints, without the line's end. Throws where it fails.
    std::string git(const std::string& arguments) {
        const std::string date = shell_word("2026-03-01T10:" + std::to_string(10 + minute_) + ":00+02:00");
        const std::string command =
            "env -i PATH=\"$PATH\" HOME=/nonexistent GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 "
            "GIT_AUTHOR_NAME='Ada Operator' GIT_AUTHOR_EMAIL=ada@example.org GIT_AUTHOR_DATE=" +
            date +
            " GIT_COMMITTER_NAME=Forge GIT_COMMITTER_EMAIL=forge@example.org GIT_COMMITTER_DATE=" + date +
            " git -C " + shell_word(path_) + " -c safe.directory='*' -c protocol.file.allow=always " +
            arguments + " 2>&1";
        FILE* pipe = popen(command.c_str(), "re");
        if (pipe == nullptr) {
            throw std::runtime_error("popen");
        }
        std::string output;
        std::array<char, 4096> buffer{};
        while (const std::size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) {
            output.append(buffer.data(), count);
        }
        if (const int status = pclose(pipe); status != 0) {
            throw std::runtime_error("git " + arguments + ": " + output);
        }
        return output.substr(0, output.find_last_not_of('\n') + 1);
    }

    void write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories(std::filesystem::path(*this / name).parent_path());
        write_file(*this / name, text);
    }

    // Commits everything; returns the commit's id.
    std::string commit(const std::string& message) {
        git("add --all");
        git("commit --quiet --allow-empty -m " + shell_word(message));
        ++minute_;
        return git("rev-parse HEAD");
    }

    std::string commit(const std::string& message, const std::string& name, const std::string& text) {
        write(name, text);
        return commit(message);
    }

    // What `git log -1 -- PATHS` says.
    std::string log(const std::string& paths) { return git("log -1 --format=%H -- " + paths); }

    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
    int minute_ = 0;
};

} // namespace apikeyd::test
