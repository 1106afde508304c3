// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace apikeyd {

// Lets one at a time do what takes long, has a few wait for their turn, and turns away whoever comes beyond
// them. Thread-safe.
class Turnstile {
  public:
    // `places`: of the one at work and those who wait.
    explicit Turnstile(unsigned places)
        : places_(places) {}
    Turnstile(const Turnstile&) = delete;
    Turnstile& operator=(const Turnstile&) = delete;

    // A turn, over when it is destroyed. Move-only; the turnstile must outlive it.
    class Turn {
      public:
        explicit Turn(Turnstile& turnstile)
            : turnstile_(&turnstile) {}
        ~Turn() {
            if (turnstile_ != nullptr) {
                turnstile_->leave();
            }
        }
        Turn(Turn&& other) noexcept
            : turnstile_(std::exchange(other.turnstile_, nullptr)) {}
        Turn& operator=(Turn&&) = delete;

      private:
        Turnstile* turnstile_;
    };

    // Waits for a turn; nothing, at once: all places are taken.
    std::optional<Turn> enter() {
        std::unique_lock lock(mutex_);
        if (taken_ >= places_) {
            return std::nullopt;
        }
        ++taken_;
        free_.wait(lock, [this] { return !busy_; });
        busy_ = true;
        return Turn(*this);
    }

    // Places: at work, or waiting.
    unsigned taken() const {
        const std::lock_guard lock(mutex_);
        return taken_;
    }

  private:
    void leave() {
        const std::lock_guard lock(mutex_);
        --taken_;
        busy_ = false;
        free_.notify_one();
    }

    const unsigned places_;
    mutable std::mutex mutex_; // guards what follows
    std::condition_variable free_;
    unsigned taken_ = 0;
    bool busy_ = false;
};

} // namespace apikeyd
