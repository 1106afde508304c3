// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/column_counter.hpp"
#include "config/desired_state.hpp"
#include "config/diagnostic_sink.hpp"
#include "config/key_places.hpp"
#include "config/time.hpp"
#include "config/yaml_reader.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apikeyd {

// The fields of a key, by the index that the reader takes.
inline constexpr std::array<std::string_view, 5> key_field_names{"id", "name", "enabled", "enabled_from",
                                                                 "enabled_until"};

// What to do about an unknown field of a key; empty where its name says nothing.
std::string hint_for_unknown_key_field(std::string_view name);

// What the fields of one key after the other may hold; puts the keys into the builder. Borrows all that it is
// given. The last of the sinks is that of the file being read.
class DesiredKeyReader {
  public:
    DesiredKeyReader(std::vector<DiagnosticSink>& sinks, KeyPlaces& places, DesiredState::Builder& builder,
                     WallTime now);

    void begin(const YamlMark& mark);

    // Where the field was given in this key; 0: not yet.
    std::uint32_t& line_of(std::size_t field) { return key_.lines.at(field); }

    // Something of the key was reported elsewhere: it won't be added.
    void spoil() noexcept { key_.broken = true; }

    // What to write into the field.
    static std::string_view hint_for(std::size_t field);

    void take(std::size_t field, const YamlScalar& value);

    void end();

  private:
    struct Moment {
        YamlMark mark;
        std::optional<WallTime> time;
    };
    struct Key {
        YamlMark mark;
        std::optional<KeyId> id;
        std::optional<bool> enabled;
        Moment from;
        Moment until;
        bool named = false;
        bool broken = false;                                       // something of it has been reported
        std::array<std::uint32_t, key_field_names.size()> lines{}; // of the fields seen; 0: not seen
    };

    void error(const YamlMark& mark, std::string message, std::string_view hint);
    void take_id(const YamlScalar& value);
    void report_repeated(const YamlScalar& value, const KeyPlace& here, KeyPlace& first);
    void take_name(const YamlScalar& value);
    void take_enabled(const YamlScalar& value);
    void take_time(std::string_view field, const YamlScalar& value, Moment& target);
    EnabledTimes times_in_force();

    std::vector<DiagnosticSink>& sinks_;
    DiagnosticSink& sink_;
    std::uint32_t file_;
    KeyPlaces& places_;
    DesiredState::Builder& builder_;
    WallTime now_;
    ColumnCounter columns_;
    Key key_;
    std::string name_; // of key_; one buffer for all of them
};

} // namespace apikeyd
