// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace apikeyd {

// Every event that the log knows, with the id by which the journal's readers tell it (MESSAGE_ID in
// systemd.journal-fields(7)). systemd/apikeyd.catalog explains them under these ids, and people's alerts name
// them: a row is never changed. A new one gets its id from `systemd-id128 new`.
struct EventId {
    std::string_view name;
    std::string_view message_id; // 128 bits, as lower-case hex digits
};
inline constexpr auto event_ids = std::to_array<EventId>({
    {"daemon_started", "d8fdd8f663f54b20883aaf5a67b97fb2"},
    {"daemon_stopping", "c44265a9c1d0407497c73bb869154510"},
    {"status_listening", "88520c4ab95e4ae8a823e0249b81b939"},
    {"settings_reloaded", "1e99ac4fd6ec4c9cb1575c3d72f4fd35"},
    {"settings_invalid", "79b3e24352ae4eb88db1563516b1e019"},
    {"settings_warning", "00c01ad6ff42435683d0ad51a168dd4d"},
    {"token_loaded", "5cbd2ef259ba4f52b657395ed105d208"},
    {"token_invalid", "a10e68bd0f914189a3b87d7fc114a67c"},
    {"desired_loaded", "57be514c7a6f4ac0bba982ad0939d610"},
    {"desired_invalid", "fde29ad5881644618e885ab4d67b9267"},
    {"desired_warning", "7a72fb80671240b3be9b2d520299b594"},
    {"desired_waiting", "09ade60befd74b05892ae3b2e4934be9"},
    {"refresh_finished", "4bd7a411d7fa48df99be20d96309634b"},
    {"schedule_reached", "e8d057754cbf461c81e9d35b16b37efa"},
    {"sending_suspended", "a2058ca41e6447298d71a391b589fcf7"},
    {"sending_resumed", "e4a48bbfa1954af0ac983eb6c52249ee"},
    {"plan_made", "b7adb8b6b21849249e4f5e62ce5dc513"},
    {"plan_held", "9cd22aa30fec4106b7a4e4bf17f040d7"},
    {"plan_approved", "2446f01533e64b90a5e0116ef8694814"},
    {"approval_unmatched", "a7f5cfc859f147e98ae2d9c02cd542e7"},
    {"api_key_updated", "738b04d7052a4a5ea632f7e2ecbc27ca"},
    {"api_key_rejected", "738e561995a141c28ae675f20c902ce1"},
    {"api_key_changed_elsewhere", "9d6fecd7521f4439a68d14124292de20"},
    {"api_key_probe_failed", "9849b0f111594b07b080093b89e90562"},
    {"api_key_retry", "ecbe2acda2844375976c0f398cbdae82"},
    {"api_key_given_up", "7ffff346b03743c19b4de89a599260da"},
    {"key_in_doubt", "17eebf07355f4326bd54aff178582777"},
    {"api_access_denied", "bd4f7a148f884a0e8921f81db06da9dd"},
    {"api_unavailable", "644f7794f05b40eab06218444f6020b6"},
    {"secret_changed", "8fa32394a2dd43bfbd8ff7f3f552dc85"},
    {"state_unavailable", "92646982ce9449898106d1719f7487ca"},
    {"state_recovered", "51e3ed96001645709830674ad7cd397c"},
    {"report_unwritable", "53c1972d6bcc4a9f84b988422adbb4bf"},
    {"history_pruned", "95e02a7d40fc46239445445e2de33bab"},
    {"history_damaged", "66917d47fa7b48518ce8526683976d4b"},
    {"reconcile_finished", "91f1d85b6d734b8ca3806637e4d26faa"},
});

// The name of an event of the table. Any other doesn't compile.
class EventName {
  public:
    // NOLINTNEXTLINE(google-explicit-constructor): so that a literal is enough where an event is written
    consteval EventName(const char* name)
        : id_(find(name)) {}

    constexpr std::string_view text() const noexcept { return id_->name; }
    constexpr std::string_view message_id() const noexcept { return id_->message_id; }

  private:
    static consteval const EventId* find(std::string_view name) {
        const auto found = std::ranges::find(event_ids, name, &EventId::name);
        return found == event_ids.end() ? throw std::logic_error("not in event_ids") : &*found;
    }

    const EventId* id_;
};

} // namespace apikeyd
