// SPDX-License-Identifier: Apache-2.0
#include "config/desired_loader.hpp"

#include "config/desired_digest.hpp"
#include "config/desired_parser.hpp"
#include "config/text_check.hpp"
#include "config/text_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

// How a text is known again.
std::size_t mark_of(std::string_view text) {
    return std::hash<std::string_view>{}(text);
}

// Brings files together, one after the other; holds the text of none of them.
class Loader {
  public:
    explicit Loader(WallTime now)
        : now_(now) {}

    // `path`: where the text can be read again; empty: nowhere.
    void add(const std::string& name, std::string_view text, std::string path = {}) {
        builder_.add_file(name);
        origins_.push_back({std::move(path), mark_of(text)});
        sinks_.emplace_back(name, without_bom(text));
        parse_desired_file(sinks_, places_, builder_, now_);
    }

    void refuse(const std::string& name, std::string problem, std::string hint) {
        builder_.add_file(name);
        origins_.emplace_back();
        sinks_.emplace_back(name, std::string_view{});
        sinks_.back().file_error(std::move(problem), std::move(hint));
    }

    Loaded<DesiredState> finish(std::string digest) && {
        Loaded<DesiredState> result;
        bool failed = false;
        for (std::size_t i = 0; i < sinks_.size(); ++i) {
            DiagnosticSink& sink = sinks_[i];
            failed = failed || sink.failed();
            if (sink.lacks_lines()) {
                quote_again(sink, origins_[i]);
            }
            std::vector<Diagnostic> taken = sink.take();
            std::ranges::move(taken, std::back_inserter(result.diagnostics));
        }
        places_ = {}; // before the state is built: that needs the memory
        if (!failed) {
            result.value = std::move(builder_).build(std::move(digest), now_);
        }
        return result;
    }

  private:
    struct Origin {
        std::string path;
        std::size_t mark = 0;
    };

    // An id that a later file repeats is found when the earlier file's text is gone: it is read once more. If
    // it is another by now, its lines say nothing about what was read.
    static void quote_again(DiagnosticSink& sink, const Origin& origin) {
        if (origin.path.empty()) {
            return;
        }
        const TextFile file = read_text_file(origin.path, max_desired_file_size);
        if (file.outcome == TextFile::Outcome::read && mark_of(file.text) == origin.mark) {
            sink.quote_lines(without_bom(file.text));
        }
    }

    WallTime now_;
    DesiredState::Builder builder_;
    std::vector<DiagnosticSink> sinks_;
    std::vector<Origin> origins_; // of the sinks' texts
    KeyPlaces places_;
};

Loaded<DesiredState> load_text(const TextFile& file, const std::string& path, WallTime now) {
    Loader loader(now);
    DesiredDigest digest;
    if (file.outcome == TextFile::Outcome::read) {
        digest.add_file(file.text);
        loader.add(path, file.text);
    } else {
        loader.refuse(name_to_show(path), file.problem, file.hint);
    }
    return std::move(loader).finish(digest.finish());
}

bool wanted(const std::filesystem::directory_entry& entry) {
    std::error_code ignored; // an entry that can't be looked at is tried, and then reported by its name
    return is_desired_file_name(entry.path().filename().string()) && !entry.is_directory(ignored);
}

// The names of the folder's files, sorted.
std::vector<std::string> list_folder(const std::string& path, std::error_code& error) {
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
         entry.increment(error)) {
        if (wanted(*entry)) {
            names.push_back(entry->path().filename().string());
        }
    }
    std::ranges::sort(names);
    return names;
}

Loaded<DesiredState> load_folder(const std::string& path, WallTime now) {
    Loader loader(now);
    DesiredDigest digest;
    std::error_code error;
    // A link on the way may be switched meanwhile; some files of either folder would be neither version.
    const std::string folder = std::filesystem::canonical(path, error).string();
    const std::vector<std::string> names = list_folder(folder, error);
    for (const std::string& name : names) {
        const std::string full = path.ends_with('/') ? path + name : path + "/" + name;
        const std::string real = folder + "/" + name;
        const TextFile file = read_text_file(real, max_desired_file_size);
        if (file.outcome == TextFile::Outcome::read) {
            digest.add_member(name, file.text);
            loader.add(full, file.text, real);
        } else {
            loader.refuse(full, file.problem, file.hint);
        }
    }
    if (!error && list_folder(folder, error) != names && !error) {
        loader.refuse(path, "the folder changed while it was read", {});
    } else if (error) {
        loader.refuse(path, fmt::format("can't list the folder: {}", error.message()), {});
    } else if (names.empty()) {
        // Most likely the wrong folder, or one not filled yet; it must not pass for 'no keys'.
        loader.refuse(path, "the folder has no *.yaml or *.yml file",
                      "put a file with 'version: 1' and 'keys: []' into it if no key is managed");
    }
    return std::move(loader).finish(digest.finish());
}

} // namespace

bool is_desired_file_name(std::string_view name) {
    return !name.starts_with('.') && (name.ends_with(".yaml") || name.ends_with(".yml"));
}

Loaded<DesiredState> load_desired(const std::string& path, WallTime now) {
    std::error_code ignored; // whatever it is, opening the file will say so
    return std::filesystem::is_directory(path, ignored)
               ? load_folder(path, now)
               : load_text(read_text_file(path, max_desired_file_size), path, now);
}

Loaded<DesiredState> load_desired_stream(int descriptor, const std::string& name, WallTime now) {
    return load_text(read_text_stream(descriptor, max_desired_file_size), name, now);
}

Loaded<DesiredState> parse_desired(std::string_view text, const std::string& name, WallTime now) {
    Loader loader(now);
    DesiredDigest digest;
    if (text.size() > max_desired_file_size) {
        loader.refuse(name,
                      fmt::format("the text has {} bytes; at most {} MiB are read", text.size(),
                                  max_desired_file_size >> 20U),
                      {});
    } else {
        digest.add_file(text);
        loader.add(name, text);
    }
    return std::move(loader).finish(digest.finish());
}

} // namespace apikeyd
