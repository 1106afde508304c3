// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/json_reader.hpp"

#include "config/secret.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Handler.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace apikeyd {

namespace {

// An ApiKey nests four deep; the rest is room for what errors carry along (a trace, say).
constexpr std::size_t max_depth = 32;

// Poco's events, made into paths. Poco::JSON's document tree takes three times as long and keeps the last of
// two equal members without a word.
class PathHandler final : public Poco::JSON::Handler {
  public:
    explicit PathHandler(JsonVisitor& visitor)
        : visitor_(visitor) {}

    bool duplicate() const noexcept { return duplicate_; }

    void reset() override {
        path_.clear();
        frames_.clear();
        members_.clear();
        duplicate_ = false;
    }
    void startObject() override { open(JsonType::object); }
    void startArray() override { open(JsonType::array); }
    void endObject() override { close(); }
    void endArray() override { close(); }

    void key(const std::string& name) override {
        Frame& frame = frames_.back();
        path_.resize(frame.base);
        if (!path_.empty()) {
            path_.push_back('.');
        }
        path_.append(name);
        members_.push_back(name);
    }

    void value(const std::string& text) override { show({JsonType::string, text}); }
    void value(bool flag) override { show({JsonType::boolean, {}, flag}); }
    void null() override { show({}); }
    void value(int) override { show({}); }
    void value(unsigned) override { show({}); }
    void value(Poco::Int64) override { show({}); }
    void value(Poco::UInt64) override { show({}); }
    void value(double) override { show({}); }

  private:
    struct Frame {
        JsonType type;
        std::size_t base;    // length of the path to this container
        std::size_t members; // where its members begin
    };

    void show(const JsonValue& value) { visitor_.visit({path_, frames_.size()}, value); }

    void open(JsonType type) {
        show({type});
        if (type == JsonType::array) {
            path_.append("[]");
        }
        frames_.push_back({type, path_.size(), members_.size()});
    }

    void close() {
        // Leaves the path of the container itself, for the next element of an array around it.
        const Frame& frame = frames_.back();
        path_.resize(frame.type == JsonType::array ? frame.base - 2 : frame.base);
        const auto members = std::ranges::subrange(
            members_.begin() + static_cast<std::ptrdiff_t>(frame.members), members_.end());
        std::ranges::sort(members);
        duplicate_ = duplicate_ || std::ranges::adjacent_find(members) != members.end();
        members_.resize(frame.members);
        frames_.pop_back();
    }

    JsonVisitor& visitor_;
    std::string path_;
    std::vector<Frame> frames_;
    std::vector<std::string> members_; // of the containers that are open, those of the innermost at the end
    bool duplicate_ = false;
};

class WipedCopy {
  public:
    explicit WipedCopy(std::string_view text)
        : text_(text) {}
    ~WipedCopy() { wipe(text_); }
    WipedCopy(const WipedCopy&) = delete;
    WipedCopy& operator=(const WipedCopy&) = delete;

    const std::string& text() const noexcept { return text_; }

  private:
    std::string text_;
};

} // namespace

bool JsonPlace::is(std::string_view path) const noexcept {
    if (path_ != path) {
        return false;
    }
    std::size_t depth = path.empty() ? 0 : 1;
    for (const char character : path) {
        depth += character == '.' || character == '[' ? 1 : 0;
    }
    return depth_ == depth;
}

std::optional<std::string_view> read_json(std::string_view text, JsonVisitor& visitor) {
    const WipedCopy copy(text); // Poco takes nothing but a std::string
    const Poco::SharedPtr<PathHandler> handler(new PathHandler(visitor));
    // A fresh one each time: after an error, a Poco parser carries old state into the next text.
    Poco::JSON::Parser parser(handler);
    parser.setDepth(max_depth);
    try {
        parser.parse(copy.text());
    } catch (const Poco::Exception&) {
        return "is not JSON, or nested too deep"; // Poco's own text may quote what it read
    }
    if (handler->duplicate()) {
        return "has a member twice";
    }
    return std::nullopt;
}

} // namespace apikeyd
