// SPDX-License-Identifier: Apache-2.0
#include "config/desired_loader.hpp"

#include "tests/config/lines.hpp"
#include "tests/config/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

std::string file_with(const std::string& id, const std::string& name) {
    return "version: 1\nkeys:\n  - id: " + id + "\n    name: " + name + "\n";
}

const std::string id_c = "5e5677d71bdc2ae76344968c";
const std::string id_d = "5e5677d71bdc2ae76344968d";

} // namespace

TEST_CASE("desired loader: a file is loaded from disk, under the name the operator gave it") {
    const TemporaryFolder folder;
    const std::string path = folder.write("keys.yaml", "version: 1\nkeys: []\n");
    const auto loaded = load_desired(path, now);
    REQUIRE(loaded);
    CHECK(loaded.value->files() == std::vector<std::string>{path});
    CHECK(loaded.value->digest() == parse_desired("version: 1\nkeys: []\n", "other", now).value->digest());
}

TEST_CASE("desired loader: a missing, blocking or oversized file is an error") {
    const TemporaryFolder folder;
    CHECK(lines(load_desired(folder / "none", now).diagnostics) ==
          Lines{folder / "none: can't open the file: No such file or directory"});
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    CHECK(lines(load_desired(folder / "fifo", now).diagnostics) ==
          Lines{folder / "fifo: this is a FIFO, not a regular file"});
    CHECK(lines(load_desired("/dev/zero", now).diagnostics) ==
          Lines{"/dev/zero: this is a device, not a regular file"});
    CHECK_FALSE(load_desired("", now));
    const std::string large = folder.write("large", "");
    REQUIRE(::truncate(large.c_str(), static_cast<off_t>(max_desired_file_size) + 1) == 0);
    CHECK(lines(load_desired(large, now).diagnostics) ==
          Lines{large + ": the file has 67108865 bytes; at most 64 MiB are read"});
}

TEST_CASE("desired loader: a folder is all its YAML files by name, hidden ones and subfolders left out") {
    const TemporaryFolder folder;
    folder.write("b.yaml", file_with(id_c, "from-b"));
    folder.write("a.yml", file_with(id_d, "from-a"));
    folder.write(".hidden.yaml", "not: read\n");
    folder.write("a.yaml~", "not: read\n");
    folder.write("README.md", "not: read\n");
    std::filesystem::create_directory(folder / "sub.yaml");
    for (const std::string& path : {folder.path(), folder.path() + "/"}) {
        const auto loaded = load_desired(path, now);
        CHECK(lines(loaded.diagnostics).empty());
        REQUIRE(loaded);
        CHECK(loaded.value->files() == std::vector<std::string>{folder / "a.yml", folder / "b.yaml"});
        REQUIRE(loaded.value->keys().size() == 2);
        CHECK(loaded.value->where(loaded.value->keys()[0]) == folder / "b.yaml:3");
        CHECK(loaded.value->keys()[1].name == "from-a");
    }
}

TEST_CASE("desired loader: a folder without files is an error, not an empty list") {
    const TemporaryFolder folder;
    const auto loaded = load_desired(folder.path(), now);
    CHECK_FALSE(loaded);
    CHECK(lines(loaded.diagnostics) == Lines{folder.path() + ": the folder has no *.yaml or *.yml file"});
}

TEST_CASE("desired loader: the errors of one file of a folder don't hide another's") {
    const TemporaryFolder folder;
    folder.write("a.yaml", "version: 1\nkeys: [\n");
    folder.write("b.yaml", "version: 2\nkeys: []\n");
    REQUIRE(::mkfifo((folder / "c.yaml").c_str(), 0600) == 0);
    std::filesystem::create_symlink("nowhere", folder / "d.yaml");
    folder.write("e.yaml", file_with(id_c, "fine"));
    const auto loaded = load_desired(folder.path(), now);
    CHECK_FALSE(loaded);
    CHECK(lines(loaded.diagnostics) ==
          Lines{folder / "a.yaml:3:1: '[' is never closed, or a comma is missing",
                folder / "b.yaml:1:10: version '2' is not known, only version 1",
                folder / "c.yaml: this is a FIFO, not a regular file",
                folder / "d.yaml: can't open the file: No such file or directory"});
}

TEST_CASE("desired loader: an id in two files is reported in both") {
    const TemporaryFolder folder;
    folder.write("a.yaml", file_with(id_c, "one"));
    folder.write("b.yaml", file_with("5E5677D71BDC2AE76344968C", "two"));
    const auto loaded = load_desired(folder.path(), now);
    CHECK_FALSE(loaded);
    CHECK(lines(loaded.diagnostics) ==
          Lines{folder / ("a.yaml:3:9: id " + id_c + " is also at " + folder.path() + "/b.yaml:3:9"),
                folder / ("b.yaml:3:9: id " + id_c + " is also at " + folder.path() + "/a.yaml:3:9")});
}

TEST_CASE("desired loader: an id in two files is shown in both, with its line and a caret") {
    const TemporaryFolder folder;
    folder.write("a.yaml",
                 "\xEF\xBB\xBFversion: 1\r\nkeys:\r\n  - name: é\r\n    id: '" + id_c + "' # first\r\n");
    folder.write("b.yaml", file_with(id_c, "two"));
    const auto loaded = load_desired(folder.path(), now);
    REQUIRE(loaded.diagnostics.size() == 2);
    CHECK(render_diagnostic(loaded.diagnostics[0], false) ==
          folder / ("a.yaml:4:9: error: id " + id_c + " is also at " + folder.path() + "/b.yaml:3:9\n") +
              "  4 |     id: '" + id_c + "' # first\n" + "    |         ^\n" +
              "  hint: each key stands once in all files\n");
    CHECK(loaded.diagnostics[1].excerpt == "  - id: " + id_c);
    CHECK(loaded.diagnostics[1].caret == 9);
}

TEST_CASE("desired loader: of an id in two files no line is shown that may hold a secret") {
    const TemporaryFolder folder;
    folder.write("a.yaml",
                 "version: 1\nkeys:\n  - id: " + id_d + "\n  - {id: " + id_c + ", secret: s3cr3t}\n");
    folder.write("b.yaml", file_with(id_c, "two") + "  - id: " + id_d + "\n");
    const auto loaded = load_desired(folder.path(), now);
    bool other_shown = false;
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
        CHECK(render_diagnostic(diagnostic, false).find("s3cr3t") == std::string::npos);
        other_shown = other_shown || (diagnostic.file == folder / "a.yaml" &&
                                      diagnostic.message.starts_with("id ") && diagnostic.caret == 9);
    }
    CHECK(other_shown);
}

TEST_CASE("desired loader: a key that moves to another file changes a folder's digest, a copy doesn't") {
    const auto digest = [](const std::string& a, const std::string& b) {
        const TemporaryFolder folder;
        folder.write("a.yaml", a);
        folder.write("b.yaml", b);
        const auto loaded = load_desired(folder.path(), now);
        REQUIRE(loaded);
        return loaded.value->digest();
    };
    const std::string none = "version: 1\nkeys: []\n";
    const std::string one = file_with(id_c, "one");
    CHECK(digest(none, one) == digest(none, one));
    CHECK(digest(none, one) != digest(one, none));
}

TEST_CASE("desired loader: the links that a ConfigMap mount consists of are followed") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "..data");
    folder.write("..data/keys.yaml", file_with(id_c, "one"));
    std::filesystem::create_symlink("..data/keys.yaml", folder / "keys.yaml");
    const auto loaded = load_desired(folder.path(), now);
    REQUIRE(loaded);
    CHECK(loaded.value->files() == std::vector<std::string>{folder / "keys.yaml"});
}

TEST_CASE("desired loader: a link that is switched while a folder is read yields one version or the other") {
    const TemporaryFolder folder;
    for (const std::string version : {"old", "new"}) {
        std::filesystem::create_directory(folder / version);
        folder.write(version + "/a.yaml", file_with(id_c, version));
        folder.write(version + "/b.yaml", file_with(id_d, version));
    }
    const auto point_to = [&](const std::string& version) {
        std::filesystem::create_directory_symlink(version, folder / "next");
        std::filesystem::rename(folder / "next", folder / "current");
    };
    point_to("old");
    std::atomic<bool> done = false;
    std::thread switching([&] {
        for (bool old = true; !done; old = !old) {
            point_to(old ? "new" : "old");
        }
    });
    bool whole = true;
    for (int i = 0; i < 2'000 && whole; ++i) {
        const auto loaded = load_desired(folder / "current", now);
        whole = loaded && loaded.value->keys().size() == 2 &&
                loaded.value->keys()[0].name == loaded.value->keys()[1].name &&
                loaded.value->files().front() == folder / "current/a.yaml";
    }
    done = true;
    switching.join();
    CHECK(whole);
}
