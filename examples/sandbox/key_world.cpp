// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/key_world.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace apikeyd::sandbox {

namespace {

// Looks random and tells nothing of the id, so that a test can search logs for any part of it; the same id
// gets the same secret in every run.
std::string secret_text(const KeyId& id, std::uint64_t generation) {
    std::uint64_t state = 0x9E3779B97F4A7C15ULL * (generation + 1);
    for (const std::uint8_t byte : id.bytes()) {
        state = (state ^ byte) * 0x100000001B3ULL;
    }
    std::string text;
    for (int i = 0; i < 2; ++i) {
        state += 0x9E3779B97F4A7C15ULL;
        std::uint64_t mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9ULL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
        text += fmt::format("{:016x}", mixed ^ (mixed >> 31));
    }
    return text;
}

// The time of the last update moves even if the clock stood still in between.
void touch(Key& key, WallTime now) {
    key.updated_at = std::max(now, key.updated_at + std::chrono::milliseconds{1});
}

} // namespace

KeyWorld::KeyWorld(Access access, std::vector<NewKey> keys, WallTime now)
    : access_(std::move(access)) {
    keys_.reserve(keys.size());
    owners_.reserve(keys.size());
    for (NewKey& fresh : keys) {
        const auto [at, inserted] = keys_.try_emplace(fresh.id);
        if (!inserted) {
            throw WorldError(fmt::format("the key {} is given twice", fresh.id.to_string()));
        }
        const bool has_token = access_.token_key == fresh.id;
        std::string secret = has_token      ? access_.token
                             : fresh.secret ? *fresh.secret
                                            : access_.secret_prefix + secret_text(fresh.id, 0);
        if (!owners_.emplace(secret, fresh.id).second) {
            throw WorldError(fmt::format("the key {} has another key's secret", fresh.id.to_string()));
        }
        at->second = {fresh.id, std::move(fresh.name), fresh.enabled, std::move(secret), now, now};
    }
    if (access_.token_key && !find(*access_.token_key)) {
        throw WorldError(fmt::format("the token can't be the secret of {}: there is no such key",
                                     access_.token_key->to_string()));
    }
}

std::optional<Refusal> KeyWorld::authenticate(std::string_view bearer) const {
    const auto owner = owners_.find(std::string(bearer));
    if (owner != owners_.end()) {
        if (keys_.at(owner->second).enabled) {
            return std::nullopt;
        }
        return Refusal{403, "FORBIDDEN", "The API key is disabled"};
    }
    if (!access_.token_key && !bearer.empty() && bearer == access_.token) {
        return std::nullopt;
    }
    return Refusal{401, "UNAUTHENTICATED", "You must be authenticated to do this"};
}

void KeyWorld::store(Key& key, const Update& update, WallTime now) {
    const bool changed =
        (update.name && *update.name != key.name) || (update.enabled && *update.enabled != key.enabled);
    key.name = update.name.value_or(key.name);
    key.enabled = update.enabled.value_or(key.enabled);
    if (changed || update.is_probe()) {
        touch(key, now);
    }
}

std::variant<const Key*, Refusal> KeyWorld::apply(const Update& update, const Twist& twist, WallTime now) {
    const auto at = keys_.find(update.id);
    if (at == keys_.end()) {
        return Refusal{500, "NOT_FOUND", "The API key was not found"};
    }
    Key& key = at->second;
    Update stored = update;
    if (twist.rename && stored.name) {
        *stored.name += "-renamed";
    }
    if (twist.ignore_enabled) {
        stored.enabled.reset();
    }
    store(key, stored, now);
    if (twist.new_secret) {
        set_secret(key, access_.secret_prefix + secret_text(key.id, ++secrets_made_));
        touch(key, now);
    }
    ++(update.is_probe() ? key.probes : key.updates);
    return &key;
}

const Key* KeyWorld::change(const Update& update, WallTime now) {
    const auto at = keys_.find(update.id);
    if (at == keys_.end()) {
        return nullptr;
    }
    store(at->second, update, now);
    return &at->second;
}

void KeyWorld::set_token(std::string token) {
    if (access_.token_key) {
        set_secret(keys_.at(*access_.token_key), token);
    }
    access_.token = std::move(token);
}

void KeyWorld::set_secret(Key& key, std::string secret) {
    owners_.erase(key.secret);
    owners_[secret] = key.id;
    key.secret = std::move(secret);
}

const Key* KeyWorld::find(const KeyId& id) const {
    const auto at = keys_.find(id);
    return at == keys_.end() ? nullptr : &at->second;
}

std::vector<const Key*> KeyWorld::sorted() const {
    std::vector<const Key*> all;
    all.reserve(keys_.size());
    for (const auto& [id, key] : keys_) {
        all.push_back(&key);
    }
    std::sort(all.begin(), all.end(), [](const Key* a, const Key* b) { return a->id < b->id; });
    return all;
}

} // namespace apikeyd::sandbox
