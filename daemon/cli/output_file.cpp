// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/output_file.hpp"

#include "config/descriptor.hpp"
#include "daemon/runtime/hardening.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace apikeyd {

namespace {

void require(bool done) {
    if (!done) {
        throw std::system_error(errno, std::generic_category());
    }
}

void write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        require(written >= 0);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

void write_in_place(const std::string& path, const std::string& text) {
    const Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    require(file.get() >= 0);
    write_all(file.get(), text);
}

// As if open(2) had made it for whoever called us.
mode_t mode_of_new_files() {
    return 0666 & ~umask_of_caller();
}

// A file that goes away again unless it is put in place.
class Draft {
  public:
    explicit Draft(const std::filesystem::path& target)
        : path_(target.parent_path() / ("." + target.filename().string().substr(0, 200) + ".XXXXXX"))
        , file_(mkostemp(path_.data(), O_CLOEXEC)) {
        require(file_.get() >= 0);
    }
    ~Draft() {
        if (!placed_) {
            unlink(path_.c_str());
        }
    }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;

    void write(const std::string& text, mode_t mode) {
        write_all(file_.get(), text);
        require(fchmod(file_.get(), mode) == 0 && fsync(file_.get()) == 0);
    }

    void place(const std::filesystem::path& target) {
        require(rename(path_.c_str(), target.c_str()) == 0);
        placed_ = true;
    }

  private:
    std::string path_;
    Descriptor file_;
    bool placed_ = false;
};

} // namespace

void write_whole_file(const std::string& path, const std::string& text) {
    struct stat found {};
    const bool exists = stat(path.c_str(), &found) == 0;
    if (exists && !S_ISREG(found.st_mode)) {
        write_in_place(path, text);
        return;
    }
    const std::filesystem::path target =
        exists ? std::filesystem::canonical(path) : std::filesystem::path(path);
    Draft draft(target);
    draft.write(text, exists ? found.st_mode & 07777 : mode_of_new_files());
    draft.place(target);
}

} // namespace apikeyd
