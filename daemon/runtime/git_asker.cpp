// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/git_asker.hpp"

#include <condition_variable>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

namespace apikeyd::git {

namespace {

// One question under way; shared by who asks and who answers.
struct Asked {
    explicit Asked(Asker::Question what)
        : question(std::move(what)) {}

    Asker::Question question;
    GivenUp given_up = false;
    std::mutex mutex;
    std::condition_variable ended_now;
    bool ended = false;
    bool answered = false;
};

void answer(const std::shared_ptr<Asked>& asked) {
    bool answered = true;
    try {
        asked->question(asked->given_up);
    } catch (...) { // whatever it was, there is no answer
        answered = false;
    }
    const std::lock_guard lock(asked->mutex);
    asked->answered = answered;
    asked->ended = true;
    asked->ended_now.notify_all();
}

} // namespace

bool Asker::ask(const std::string& path, Question question) {
    {
        const std::lock_guard lock(mutex_);
        if (silent_.contains(path)) {
            return false;
        }
    }
    auto asked = std::make_shared<Asked>(std::move(question));
    try {
        std::thread([asked] { answer(asked); }).detach();
    } catch (const std::system_error&) {
        return false;
    }
    {
        std::unique_lock lock(asked->mutex);
        if (asked->ended_now.wait_for(lock, patience_, [&] { return asked->ended; })) {
            return asked->answered;
        }
        asked->given_up = true;
    }
    const std::lock_guard lock(mutex_);
    silent_.insert(path);
    return false;
}

} // namespace apikeyd::git
