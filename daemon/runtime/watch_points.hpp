// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace apikeyd {

// What must be watched in one folder to notice that a path now leads to other content.
struct FolderWatch {
    bool contents = false;       // all that happens to the entries named; otherwise only that one is gone
    bool every_file = false;     // of a folder of desired files: each *.yaml and *.yml
    std::set<std::string> names; // entries that matter: the file, a link or folder on the way, a missing part

    bool concerns(const std::string& name) const;
    friend bool operator==(const FolderWatch&, const FolderWatch&) = default;
};

// By folder. Every folder on the way is in it, if only to notice that it is moved or deleted itself.
using WatchPoints = std::map<std::string, FolderWatch>;

// Walks the path, through every symbolic link, to the file (or, if it is a folder, to each *.yaml and *.yml
// in it). A part that is missing ends the walk: the folder that would hold it is watched for it.
WatchPoints find_watch_points(const std::string& path);

// What stat(2) says of the content at a path; equal stamps, equal content for every practical purpose.
struct ContentStamp {
    struct File {
        std::string path;
        std::uint64_t device = 0, inode = 0;
        std::int64_t size = 0, modified_ns = 0, changed_ns = 0;
        friend bool operator==(const File&, const File&) = default;
    };
    std::vector<File> files; // those that exist, by path
    friend bool operator==(const ContentStamp&, const ContentStamp&) = default;
};
ContentStamp stamp_of(const std::string& path);

// Whether some process has the file open for writing. The kernel grants a read lease only where none has, but
// it tells only the owner and root, and nothing of the writers on other machines.
enum class BeingWritten { no, yes, unknown };
BeingWritten is_being_written(const std::string& file);

// Whether inotify sees every change on the file system of the path: not on network and FUSE mounts, where
// others change files behind the kernel's back.
bool inotify_sees_all(const std::string& path);

} // namespace apikeyd
