// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/file_watcher.hpp"

#include "tests/support/temp_folder.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <grp.h>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// The content at a path: of the file, or of all files of the folder.
std::string content_at(const std::string& path) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
        return read_file(path);
    }
    std::string text;
    for (const auto& file : stamp_of(path).files) {
        text += read_file(file.path);
    }
    return text;
}

// Follows a path as the daemon does: reads the content at every call.
class Follower {
  public:
    explicit Follower(std::string path, bool polling = false, WatchTiming timing = {})
        : path_(std::move(path))
        , watcher_((std::signal(SIGIO, SIG_IGN), loop_), path_,
                   [this] { seen_.push_back(content_at(path_)); }, polling,
                   [this](const std::string& why) { delays_.push_back(why); }, timing) {}

    // Whether the content was seen, within a generous bound.
    bool sees(const std::string& content) {
        for (const auto end = current_time().mono + 20s; seen_.empty() || seen_.back() != content;) {
            if (current_time().mono > end) {
                return false;
            }
            loop_.step(1000ms);
        }
        return true;
    }

    // Lets everything that is due within the time happen.
    void run_for(std::chrono::milliseconds time) {
        for (const auto end = current_time().mono + time; current_time().mono < end;) {
            loop_.step(10ms);
        }
    }

    bool ever_saw(const std::string& content) const {
        return std::ranges::find(seen_, content) != seen_.end();
    }
    std::size_t calls() const { return seen_.size(); }
    const std::vector<std::string>& delays() const { return delays_; }
    FileWatcher& watcher() { return watcher_; }

  private:
    std::string path_;
    std::vector<std::string> seen_;
    std::vector<std::string> delays_;
    EventLoop loop_;
    FileWatcher watcher_;
};

// The same as a user who owns nothing, whom the kernel doesn't tell of writers: in a process of its own.
class Stranger {
  public:
    explicit Stranger(const std::string& path, WatchTiming timing = {}) {
        std::array<int, 2> ends{};
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
            throw std::system_error(errno, std::generic_category(), "socketpair");
        }
        child_ = fork();
        if (child_ == 0) {
            close(ends[0]);
            follow(path, timing, ends[1]);
        }
        close(ends[1]);
        socket_ = ends[0];
    }
    ~Stranger() {
        close(socket_); // ends the child
        waitpid(child_, nullptr, 0);
    }
    Stranger(const Stranger&) = delete;
    Stranger& operator=(const Stranger&) = delete;

    // Only root can become somebody else.
    static bool possible() {
        if (geteuid() != 0) {
            WARN("not run as root: what a user sees who doesn't own the file is not tested");
            return false;
        }
        return true;
    }

    bool sees(const std::string& content) {
        for (const auto end = current_time().mono + 20s; seen_.empty() || seen_.back() != content;) {
            if (current_time().mono > end || !receive(100ms)) {
                return false;
            }
        }
        return true;
    }

    void run_for(std::chrono::milliseconds time) {
        for (const auto end = current_time().mono + time; current_time().mono < end;) {
            REQUIRE(receive(10ms));
        }
    }

    // Returns when the watcher was told.
    void look() {
        looked_ = false;
        REQUIRE(send(socket_, "l", 1, MSG_NOSIGNAL) == 1);
        while (!looked_) {
            REQUIRE(receive(100ms));
        }
    }

    // Stops the watching process as long as it lives.
    class Pause {
      public:
        explicit Pause(const Stranger& stranger)
            : child_(stranger.child_) {
            kill(child_, SIGSTOP);
            waitpid(child_, nullptr, WUNTRACED);
        }
        ~Pause() { kill(child_, SIGCONT); }
        Pause(const Pause&) = delete;
        Pause& operator=(const Pause&) = delete;

      private:
        pid_t child_;
    };

    bool ever_saw(const std::string& content) const {
        return std::ranges::find(seen_, content) != seen_.end();
    }
    std::size_t calls() const { return seen_.size(); }
    const std::vector<std::string>& delays() const { return delays_; }

  private:
    static constexpr unsigned nobody = 65534;

    [[noreturn]] static void follow(const std::string& path, WatchTiming timing, int socket) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        // What the test has open for writing must not be open here as well.
        if (dup2(socket, 3) < 0 || close_range(4, ~0U, 0) != 0 || setgroups(0, nullptr) != 0 ||
            setresgid(nobody, nobody, nobody) != 0 || setresuid(nobody, nobody, nobody) != 0) {
            _exit(1);
        }
        socket = 3;
        const auto tell = [socket](char kind, const std::string& text) {
            const std::string message = kind + text;
            if (send(socket, message.data(), message.size(), MSG_NOSIGNAL) < 0) {
                _exit(1);
            }
        };
        try {
            std::signal(SIGIO, SIG_IGN);
            EventLoop loop;
            FileWatcher watcher(
                loop, path, [&] { tell('c', content_at(path)); }, false,
                [&](const std::string& why) { tell('d', why); }, timing);
            loop.on_readable(socket, [&] {
                char command = 0;
                if (recv(socket, &command, 1, 0) != 1) {
                    _exit(0);
                }
                watcher.look();
                tell('l', "");
            });
            loop.run();
        } catch (...) {
            _exit(1);
        }
        _exit(0);
    }

    // One message, if one comes in time. False: the child is gone.
    bool receive(std::chrono::milliseconds at_most) {
        struct pollfd ready {
            socket_, POLLIN, 0
        };
        if (poll(&ready, 1, static_cast<int>(at_most.count())) <= 0) {
            return true;
        }
        std::array<char, 4096> buffer{};
        const ssize_t size = recv(socket_, buffer.data(), buffer.size(), 0);
        if (size <= 0) {
            return false;
        }
        std::string text(buffer.data() + 1, static_cast<std::size_t>(size) - 1);
        if (buffer[0] == 'l') {
            looked_ = true;
        } else {
            (buffer[0] == 'c' ? seen_ : delays_).push_back(std::move(text));
        }
        return true;
    }

    pid_t child_ = -1;
    int socket_ = -1;
    bool looked_ = false;
    std::vector<std::string> seen_;
    std::vector<std::string> delays_;
};

// Has a file open for writing, until it is closed.
class Writer {
  public:
    Writer(const std::string& path, int flags)
        : fd_(open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0644)) {
        REQUIRE(fd_ >= 0);
    }
    ~Writer() { finish(); }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void add(const std::string& text) {
        REQUIRE(write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    void finish() {
        if (fd_ >= 0) {
            close(std::exchange(fd_, -1));
        }
    }

  private:
    int fd_;
};

// Where everybody may read.
class OpenFolder : public TempFolder {
  public:
    OpenFolder() { allow(path(), 0755); }
    static void allow(const std::string& path, unsigned mode) {
        fs::permissions(path, static_cast<fs::perms>(mode));
    }
    // A file that was written long ago.
    std::string old_file(const std::string& name, const std::string& text) const {
        write_file(*this / name, text);
        fs::last_write_time(*this / name, fs::file_time_type::clock::now() - 1h);
        return *this / name;
    }
};

// Nothing but what is told by an event is believed within the time of a test.
WatchTiming only_events() {
    WatchTiming timing;
    timing.gone = timing.unseen = timing.quiet = 60s;
    return timing;
}

void replace(const std::string& path, const std::string& text) {
    write_file(path + ".tmp", text);
    fs::rename(path + ".tmp", path);
}

void swap_link(const std::string& link, const std::string& target) {
    fs::create_symlink(target, link + "_tmp");
    fs::rename(link + "_tmp", link);
}

} // namespace

TEST_CASE("file watcher: what is there at the start is told") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    CHECK(follower.sees("one"));
}

TEST_CASE("file watcher: a rename over the file is told") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    for (const char* text : {"two", "three", "four"}) {
        replace(folder / "f", text);
        CHECK(follower.sees(text));
    }
}

TEST_CASE("file watcher: a write in place is told when it is closed, and no earlier") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    const int fd = open((folder / "f").c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
    REQUIRE(fd >= 0);
    for (const char* part : {"t", "w"}) {
        REQUIRE(write(fd, part, 1) == 1);
        follower.run_for(300ms);
    }
    CHECK(follower.calls() == 1);
    REQUIRE(write(fd, "o", 1) == 1);
    close(fd);
    CHECK(follower.sees("two"));
    CHECK_FALSE(follower.ever_saw("tw"));
    CHECK_FALSE(follower.ever_saw(""));
}

TEST_CASE("file watcher: a script that writes in several steps is told of the last") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    write_file(folder / "f", "t");
    std::ofstream(folder / "f", std::ios::app) << "w";
    std::ofstream(folder / "f", std::ios::app) << "o";
    CHECK(follower.sees("two"));
    CHECK(follower.calls() == 2);
}

TEST_CASE("file watcher: an editor that moves the old file away and writes a new one is told once") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    fs::rename(folder / "f", folder / "f~");
    write_file(folder / "f", "two");
    CHECK(follower.sees("two"));
    CHECK(follower.calls() == 2);
}

TEST_CASE("file watcher: a file that is deleted, and made again, is told") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    fs::remove(folder / "f");
    REQUIRE(follower.sees(""));
    write_file(folder / "f", "two");
    CHECK(follower.sees("two"));
}

TEST_CASE("file watcher: a folder that is deleted, and made again, is told") {
    TempFolder folder;
    fs::create_directories(folder / "a/b");
    write_file(folder / "a/b/f", "one");
    Follower follower(folder / "a/b/f");
    REQUIRE(follower.sees("one"));
    fs::remove_all(folder / "a");
    REQUIRE(follower.sees(""));
    fs::create_directories(folder / "a/b");
    write_file(folder / "a/b/f", "two");
    REQUIRE(follower.sees("two"));
    replace(folder / "a/b/f", "three");
    CHECK(follower.sees("three"));
}

TEST_CASE("file watcher: a folder that is moved away with another in its place is told") {
    TempFolder folder;
    fs::create_directories(folder / "a/b");
    write_file(folder / "a/b/f", "one");
    Follower follower(folder / "a/b/f");
    REQUIRE(follower.sees("one"));
    fs::create_directories(folder / "new/b");
    write_file(folder / "new/b/f", "two");
    fs::rename(folder / "a", folder / "old");
    fs::rename(folder / "new", folder / "a");
    REQUIRE(follower.sees("two"));
    replace(folder / "a/b/f", "three");
    CHECK(follower.sees("three"));
}

TEST_CASE("file watcher: a link swapped two levels deep is told, each time") {
    TempFolder folder;
    fs::create_directories(folder / "..1");
    write_file(folder / "..1/f", "one");
    fs::create_symlink("..1", folder / "..data");
    fs::create_symlink("..data/f", folder / "f");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    for (const char* text : {"two", "three", "four"}) {
        const std::string version = std::string("..") + text;
        fs::create_directories(folder / version);
        write_file(folder / (version + "/f"), text);
        swap_link(folder / "..data", version);
        CHECK(follower.sees(text));
    }
}

TEST_CASE("file watcher: a file that comes to be later is told") {
    TempFolder folder;
    Follower follower(folder / "none/f");
    REQUIRE(follower.sees(""));
    fs::create_directory(folder / "none");
    write_file(folder / "none/f", "one");
    CHECK(follower.sees("one"));
}

TEST_CASE("file watcher: a folder of files: each of them counts, new ones and links too") {
    TempFolder folder;
    fs::create_directory(folder / "keys");
    write_file(folder / "keys/a.yaml", "a");
    Follower follower(folder / "keys");
    REQUIRE(follower.sees("a"));
    write_file(folder / "keys/b.yml", "b");
    CHECK(follower.sees("ab"));
    write_file(folder / "outside", "c");
    fs::create_symlink(folder / "outside", folder / "keys/c.yaml");
    CHECK(follower.sees("abc"));
    replace(folder / "outside", "C");
    CHECK(follower.sees("abC"));
    fs::remove(folder / "keys/a.yaml");
    CHECK(follower.sees("bC"));
}

TEST_CASE("file watcher: other files in the folder are nobody's business") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    write_file(folder / "g", "x");
    replace(folder / "h", "y");
    follower.run_for(300ms);
    CHECK(follower.calls() == 1);
}

TEST_CASE("file watcher: a file that is readable again is told") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    const auto before = follower.calls();
    fs::permissions(folder / "f", fs::perms::owner_read);
    for (const auto end = current_time().mono + 20s;
         follower.calls() == before && current_time().mono < end;) {
        follower.run_for(10ms);
    }
    CHECK(follower.calls() > before);
}

TEST_CASE("file watcher: where inotify is blind, two equal looks tell") {
    TempFolder folder;
    write_file(folder / "real", "one");
    // A hard link elsewhere: writes through it raise no event in the watched folder, as on a network mount.
    fs::create_directory(folder / "watched");
    fs::create_hard_link(folder / "real", folder / "watched/f");
    WatchTiming timing;
    timing.poll = 50ms;
    Follower follower(folder / "watched/f", true, timing);
    REQUIRE(follower.sees("one"));
    write_file(folder / "real", "two");
    CHECK(follower.sees("two"));
}

TEST_CASE("file watcher: a stranger is told of a rename and of a close at once") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    Stranger follower(folder.old_file("f", "one"), only_events());
    REQUIRE(follower.sees("one"));
    replace(folder / "f", "two");
    CHECK(follower.sees("two"));
    write_file(folder / "f", "three");
    CHECK(follower.sees("three"));
    fs::create_directory(folder / "..1");
    write_file(folder / "..1/f", "four");
    swap_link(folder / "f", "..1/f");
    CHECK(follower.sees("four"));
    CHECK(follower.delays().empty());
}

TEST_CASE("file watcher: a stranger is told of a folder's files as soon as each is closed or moved in") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    fs::create_directory(folder / "keys");
    folder.old_file("keys/a.yaml", "a");
    Stranger follower(folder / "keys", only_events());
    REQUIRE(follower.sees("a"));
    write_file(folder / "keys/b.yaml", "b");
    CHECK(follower.sees("ab"));
    replace(folder / "keys/c.yaml", "c");
    CHECK(follower.sees("abc"));
    write_file(folder / "keys/a.yaml", "A");
    CHECK(follower.sees("Abc"));
}

TEST_CASE("file watcher: a version that is swapped in and the old one deleted is told at once") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    fs::create_directory(folder / "..0");
    folder.old_file("..0/f", "0");
    fs::create_symlink("..0", folder / "..data");
    fs::create_symlink("..data/f", folder / "f");
    Stranger follower(folder / "f", only_events());
    REQUIRE(follower.sees("0"));
    for (int i = 1; i < 10; ++i) {
        const std::string version = ".." + std::to_string(i);
        fs::create_directory(folder / version);
        write_file(folder / (version + "/f"), std::to_string(i));
        {
            const Stranger::Pause pause(follower); // so that it learns of all at once
            swap_link(folder / "..data", version);
            fs::remove_all(folder / (".." + std::to_string(i - 1)));
        }
        CHECK(follower.sees(std::to_string(i)));
    }
}

TEST_CASE("file watcher: what is begun in a folder made anew is not told to a stranger before it is quiet") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    fs::create_directory(folder / "conf");
    WatchTiming timing;
    timing.quiet = 60s;
    Stranger follower(folder.old_file("conf/f", "one"), timing);
    REQUIRE(follower.sees("one"));
    std::unique_ptr<Writer> writer;
    {
        const Stranger::Pause pause(follower); // so that it sees nothing of the beginning
        fs::remove_all(folder / "conf");
        fs::create_directory(folder / "conf");
        writer = std::make_unique<Writer>(folder / "conf/f", O_CREAT);
        writer->add("tw");
    }
    follower.run_for(700ms);
    CHECK_FALSE(follower.ever_saw("tw"));
    writer->add("o");
    writer->finish();
    CHECK(follower.sees("two"));
}

TEST_CASE("file watcher: a stranger is told at the start at once of what is old") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    Stranger follower(folder.old_file("f", "one"), only_events());
    CHECK(follower.sees("one"));
}

TEST_CASE("file watcher: the owner is told at the start at once of what is new, too") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f", false, only_events());
    CHECK(follower.sees("one"));
}

TEST_CASE("file watcher: a stranger is not told of a new file before it is closed") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    Stranger follower(folder.old_file("f", "one"));
    REQUIRE(follower.sees("one"));
    fs::remove(folder / "f");
    REQUIRE(follower.sees(""));
    Writer writer(folder / "f", O_CREAT | O_EXCL);
    follower.run_for(400ms);
    CHECK(follower.calls() == 2);
    writer.add("tw");
    follower.run_for(700ms);
    CHECK(follower.calls() == 2);
    writer.add("o");
    writer.finish();
    CHECK(follower.sees("two"));
    CHECK(follower.calls() == 3);
}

TEST_CASE("file watcher: other permissions in the middle of a write don't hurry a stranger") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    Stranger follower(folder.old_file("f", "one"));
    REQUIRE(follower.sees("one"));
    Writer writer(folder / "f", O_TRUNC);
    writer.add("tw");
    OpenFolder::allow(folder / "f", 0640);
    OpenFolder::allow(folder / "f", 0644);
    follower.run_for(700ms);
    CHECK(follower.calls() == 1);
    writer.add("o");
    writer.finish();
    CHECK(follower.sees("two"));
}

TEST_CASE("file watcher: a look in the middle of a write doesn't hurry a stranger") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    Stranger follower(folder.old_file("f", "one"));
    REQUIRE(follower.sees("one"));
    Writer writer(folder / "f", O_TRUNC);
    writer.add("tw");
    follower.look();
    follower.run_for(700ms);
    CHECK(follower.calls() == 1);
    writer.add("o");
    writer.finish();
    CHECK(follower.sees("two"));
}

TEST_CASE("file watcher: a look at what a writer unseen has just begun waits until it is quiet") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    fs::create_directory(folder / "watched");
    fs::create_hard_link(folder.old_file("real", "one"), folder / "watched/f"); // as in the test of polling
    Stranger follower(folder / "watched/f");
    REQUIRE(follower.sees("one"));
    Writer writer(folder / "real", O_TRUNC);
    writer.add("tw");
    follower.look();
    follower.run_for(700ms);
    CHECK(follower.calls() == 1);
    writer.add("o");
    writer.finish();
    CHECK(follower.sees("two"));
    CHECK_FALSE(follower.ever_saw("tw"));
}

TEST_CASE("file watcher: a start in the middle of a write doesn't fool a stranger") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    Writer writer(folder / "f", O_CREAT);
    writer.add("tw");
    WatchTiming timing;
    timing.quiet = 60s;
    Stranger follower(folder / "f", timing);
    follower.run_for(700ms);
    CHECK(follower.calls() == 0);
    writer.add("o");
    writer.finish();
    CHECK(follower.sees("two"));
    CHECK(follower.calls() == 1);
}

TEST_CASE("file watcher: a stranger believes at the start what stays as it is") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    write_file(folder / "f", "one");
    WatchTiming timing;
    timing.quiet = 500ms;
    Stranger follower(folder / "f", timing);
    CHECK(follower.sees("one"));
}

TEST_CASE("file watcher: a rename into a folder doesn't hurry what a stranger sees written beside it") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    fs::create_directory(folder / "keys");
    folder.old_file("keys/a.yaml", "a");
    Stranger follower(folder / "keys");
    REQUIRE(follower.sees("a"));
    Writer writer(folder / "keys/a.yaml", O_TRUNC);
    writer.add("A");
    replace(folder / "keys/b.yaml", "b");
    follower.run_for(700ms);
    CHECK(follower.calls() == 1);
    writer.add("A");
    writer.finish();
    CHECK(follower.sees("AAb"));
    CHECK(follower.calls() == 2);
}

TEST_CASE("file watcher: a rename into a folder just after the start vouches for that file alone") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    fs::create_directory(folder / "keys");
    Writer writer(folder / "keys/a.yaml", O_CREAT);
    writer.add("A");
    WatchTiming timing;
    timing.quiet = 3s;
    Stranger follower(folder / "keys", timing);
    follower.run_for(300ms);
    replace(folder / "keys/b.yaml", "b");
    follower.run_for(300ms);
    writer.add("A");
    writer.finish();
    CHECK(follower.sees("AAb"));
    CHECK(follower.calls() == 1);
}

TEST_CASE("file watcher: a file without a name that is linked into place is told to a stranger") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    Stranger follower(folder / "f");
    REQUIRE(follower.sees(""));
    const int fd = open(folder.path().c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0) {
        WARN("no O_TMPFILE on this file system: not tested");
        return;
    }
    REQUIRE(write(fd, "one", 3) == 3);
    REQUIRE(linkat(AT_FDCWD, ("/proc/self/fd/" + std::to_string(fd)).c_str(), AT_FDCWD,
                   (folder / "f").c_str(), AT_SYMLINK_FOLLOW) == 0);
    close(fd);
    CHECK(follower.sees("one"));
}

TEST_CASE("file watcher: a change that nobody closes is believed after a long time, and told before") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    WatchTiming timing;
    timing.delayed = 300ms;
    timing.lost_close = 1500ms;
    Stranger follower(folder.old_file("f", "one"), timing);
    REQUIRE(follower.sees("one"));
    REQUIRE(truncate((folder / "f").c_str(), 2) == 0); // an event of the write, none of a close
    follower.run_for(700ms);
    CHECK(follower.calls() == 1);
    CHECK(follower.delays().size() == 1);
    CHECK(follower.sees("on"));
    CHECK(follower.delays().size() == 1);
}

TEST_CASE("file watcher: the owner knows without a close that nobody writes") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    REQUIRE(truncate((folder / "f").c_str(), 2) == 0);
    CHECK(follower.sees("on"));
    CHECK(follower.delays().empty());
}

TEST_CASE("file watcher: a close that is lost when the queue overflows is not waited for") {
    if (!Stranger::possible()) {
        return;
    }
    std::size_t limit = 0;
    std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> limit;
    OpenFolder folder;
    Stranger follower(folder.old_file("f", "one"));
    REQUIRE(follower.sees("one"));
    Writer writer(folder / "f", O_TRUNC);
    writer.add("two");
    follower.run_for(300ms);
    CHECK(follower.calls() == 1);
    {
        const Stranger::Pause pause(follower); // nobody reads the queue
        for (std::size_t i = 0; i <= limit; i += 2) {
            fs::create_symlink("x", folder / "link");
            fs::remove(folder / "link");
        }
        writer.finish();
    }
    CHECK(follower.sees("two"));
    replace(folder / "f", "three");
    CHECK(follower.sees("three"));
}

TEST_CASE("file watcher: a process that keeps the file open is told once, and its end ends the wait") {
    TempFolder folder;
    write_file(folder / "f", "one");
    WatchTiming timing;
    timing.delayed = 400ms;
    Follower follower(folder / "f", false, timing);
    REQUIRE(follower.sees("one"));
    for (const char* text : {"two", "three"}) {
        const auto delays = follower.delays().size();
        const auto calls = follower.calls();
        Writer keeper(folder / "f", O_APPEND);
        write_file(folder / "f", text);
        follower.run_for(300ms);
        CHECK(follower.delays().size() == delays);
        follower.run_for(900ms);
        REQUIRE(follower.delays().size() == delays + 1);
        CHECK(follower.delays().back().find(folder / "f") != std::string::npos);
        CHECK(follower.calls() == calls);
        keeper.finish();
        CHECK(follower.sees(text));
    }
    CHECK(follower.delays().size() == 2);
}

TEST_CASE("file watcher: a process that writes without an end is told, to a stranger too") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    WatchTiming timing;
    timing.delayed = 400ms;
    Stranger follower(folder.old_file("f", "one"), timing);
    REQUIRE(follower.sees("one"));
    Writer writer(folder / "f", O_TRUNC);
    for (int i = 0; i < 100; ++i) {
        writer.add(".");
        follower.run_for(10ms);
    }
    CHECK(follower.delays().size() == 1);
    CHECK(follower.calls() == 1);
    writer.finish();
    CHECK(follower.sees(std::string(100, '.')));
    CHECK(follower.delays().size() == 1);
}

TEST_CASE("file watcher: a process that keeps the file open and changes nothing is in nobody's way") {
    TempFolder folder;
    fs::create_directory(folder / "keys");
    write_file(folder / "keys/a.yaml", "a");
    WatchTiming timing;
    timing.delayed = 200ms;
    Follower follower(folder / "keys", false, timing);
    REQUIRE(follower.sees("a"));
    const Writer keeper(folder / "keys/a.yaml", O_APPEND);
    follower.watcher().look();
    follower.run_for(400ms);
    CHECK(follower.calls() == 2);
    write_file(folder / "keys/b.yaml", "b");
    CHECK(follower.sees("ab"));
    CHECK(follower.delays().empty());
}

TEST_CASE("file watcher: a folder that is made again and again in a hurry is never lost from sight") {
    TempFolder folder;
    fs::create_directory(folder / "conf");
    write_file(folder / "conf/f", "start");
    Follower follower(folder / "conf/f");
    REQUIRE(follower.sees("start"));
    for (int round = 0; round < 20; ++round) {
        const std::string last = "last of round " + std::to_string(round);
        std::thread hurry([&] {
            for (int i = 0; i < 50; ++i) {
                fs::remove_all(folder / "conf");
                fs::create_directory(folder / "conf");
                write_file(folder / "conf/f", i < 49 ? "x" : last);
            }
        });
        follower.run_for(1ms);
        const bool seen = follower.sees(last);
        hurry.join();
        INFO("round " << round);
        REQUIRE(seen);
    }
}

TEST_CASE("file watcher: a folder that somebody stands in when it is deleted and made again is told") {
    TempFolder folder;
    fs::create_directory(folder / "conf");
    write_file(folder / "conf/f", "one");
    Follower follower(folder / "conf/f");
    REQUIRE(follower.sees("one"));
    const int held = open((folder / "conf").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(held >= 0);
    fs::remove(folder / "conf/f");
    REQUIRE(follower.sees(""));
    fs::remove(folder / "conf");
    follower.run_for(300ms);
    fs::create_directory(folder / "conf");
    write_file(folder / "conf/f", "two");
    CHECK(follower.sees("two"));
    close(held);
}

TEST_CASE("file watcher: a folder that may be read again is told") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    fs::create_directories(folder / "conf/sub");
    const std::string file = folder.old_file("conf/sub/f", "one");
    const std::string closed = GENERATE(as<std::string>{}, "conf", "conf/sub");
    SECTION("closed at the start") {
        OpenFolder::allow(folder / closed, 0);
        Stranger follower(file);
        REQUIRE(follower.sees(""));
        OpenFolder::allow(folder / closed, 0755);
        CHECK(follower.sees("one"));
        replace(file, "two");
        CHECK(follower.sees("two"));
    }
    SECTION("closed later on") {
        Stranger follower(file);
        REQUIRE(follower.sees("one"));
        OpenFolder::allow(folder / closed, 0);
        follower.look();
        REQUIRE(follower.sees(""));
        OpenFolder::allow(folder / closed, 0755);
        CHECK(follower.sees("one"));
        replace(file, "two");
        CHECK(follower.sees("two"));
    }
}

TEST_CASE("file watcher: a file in a folder that may be passed but not listed is looked at now and then") {
    if (!Stranger::possible()) {
        return;
    }
    OpenFolder folder;
    fs::create_directory(folder / "conf");
    const std::string file = folder.old_file("conf/f", "one");
    OpenFolder::allow(folder / "conf", 0711);
    WatchTiming timing;
    timing.poll = 100ms;
    timing.quiet = 500ms;
    Stranger follower(file, timing);
    REQUIRE(follower.sees("one"));
    replace(file, "two");
    CHECK(follower.sees("two"));
    OpenFolder::allow(folder / "conf", 0755);
    replace(file, "three");
    CHECK(follower.sees("three"));
}

TEST_CASE("file watcher: it polls only where it was told to or a folder can't be watched") {
    TempFolder folder;
    write_file(folder / "f", "one");
    Follower follower(folder / "f");
    REQUIRE(follower.sees("one"));
    CHECK_FALSE(follower.watcher().polls());
}
