// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/key.hpp"
#include "config/time.hpp"

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace apikeyd::sandbox {

// An ApiKey as the vendor keeps it, and what was done to it here.
struct Key {
    KeyId id;
    std::string name;
    bool enabled = true;
    std::string secret;
    WallTime created_at;
    WallTime updated_at;
    std::uint64_t updates = 0; // requests applied that named a field
    std::uint64_t probes = 0;  // requests applied that named none
};

// What a request asks of one key; a field left out stays as it is.
struct Update {
    KeyId id;
    std::optional<std::string> name;
    std::optional<bool> enabled;

    bool is_probe() const { return !name && !enabled; }
};

// Where this world does something else than it was asked.
struct Twist {
    bool rename = false;         // store another name than the one sent
    bool ignore_enabled = false; // store everything but `enabled`
    bool new_secret = false;     // give the key another secret
};

// Why a request is refused; what becomes the status and the body {"errors":[...]}.
struct Refusal {
    int status = 500;
    std::string code;
    std::string message;
};

// Initial keys, or a token, that make no world; the text is for the user.
class WorldError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// All keys, and who may call. Pure: no clock, no I/O, no lock; not safe to use from several threads.
class KeyWorld {
  public:
    struct Access {
        std::string token;
        std::optional<KeyId> token_key; // the key whose secret the token is; nothing: nobody's
        std::string secret_prefix;
    };
    struct NewKey {
        KeyId id;
        std::string name;
        bool enabled = true;
        std::optional<std::string> secret; // nothing: made from the prefix and the id
    };

    // Throws WorldError: an id or a secret given twice, a token of a key that isn't there.
    KeyWorld(Access access, std::vector<NewKey> keys, WallTime now);

    // Nothing if a call with this bearer token may pass. The token of the real API is a key's secret, and so
    // is every key's secret here, beside the token that belongs to nobody.
    std::optional<Refusal> authenticate(std::string_view bearer) const;

    // Applies a request that has been authenticated and read. The key stays valid until the next call.
    std::variant<const Key*, Refusal> apply(const Update& update, const Twist& twist, WallTime now);

    // Somebody else changes a key: no request is counted. Nothing if there is no such key.
    const Key* change(const Update& update, WallTime now);

    // Another token is the right one; if it is a key's secret, that key has it from now on.
    void set_token(std::string token);

    const Key* find(const KeyId& id) const;
    std::vector<const Key*> sorted() const; // by id
    std::size_t size() const { return keys_.size(); }

  private:
    static void store(Key& key, const Update& update, WallTime now);
    void set_secret(Key& key, std::string secret);

    Access access_;
    std::unordered_map<KeyId, Key> keys_;
    std::unordered_map<std::string, KeyId> owners_; // of secrets
    std::uint64_t secrets_made_ = 0;
};

// The three keys of the quickstart.
std::vector<KeyWorld::NewKey> default_keys();

// key-1 … key-N with the ids 1 … N.
std::vector<KeyWorld::NewKey> numbered_keys(std::uint64_t count);

// A JSON list of {"id":…,"name":…,"enabled":…,"secret":…}; the last two may be left out.
// Throws WorldError with what is wrong where.
std::vector<KeyWorld::NewKey> parse_keys(const std::string& json);

// The answer to an update: an ApiKey with everything that the OpenAPI document requires.
struct KeyRendering {
    enum class SecretAs { text, number, nothing };
    bool wrong_id = false;
    SecretAs secret = SecretAs::text;
};
std::string api_key_json(const Key& key, const KeyRendering& rendering);

// For whoever looks in from outside: with the secret, and the counts.
std::string key_report_json(const Key& key);

} // namespace apikeyd::sandbox
