// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/command_line.hpp"

#include <string>
#include <vector>

namespace apikeyd::docs {

enum class Value { none, optional, required };

// An option or an argument, as manuals and shells want to know it. What is hidden has none.
struct OptionDoc {
    std::vector<std::string> names; // "-h", "--help"; one without dashes: an argument
    std::string placeholder;        // "FILE", "text|json"; empty: no value
    std::string help;               // begins with a capital, ends without a full stop
    std::string environment;        // empty: no variable
    std::string setting;            // the path of the setting that it sets, or empty
    Value value = Value::none;
    bool argument = false;
    bool files = false;             // the value names a file or a folder
    std::vector<std::string> words; // what the value may be, where there are but a few
};

struct CommandDoc {
    const CommandInfo* info;
    std::string synopsis;           // "approve DIGEST [OPTION...]"
    std::vector<OptionDoc> options; // its own
    OptionDoc format;               // the common --format, with the forms of this command
};

struct Model {
    std::vector<CommandDoc> commands;
    std::vector<OptionDoc> common;   // --help and --version last
    std::vector<OptionDoc> settings; // in the order of the setting table
};

// Walks the command line of the program.
Model walk();

// The common options, with the forms of this command's reports.
std::vector<OptionDoc> common_of(const Model& model, const CommandDoc& command);

// The settings that make sense before any command is named: all; or with the command: those it heeds.
std::vector<OptionDoc> heeded(const Model& model, const CommandDoc& command);

} // namespace apikeyd::docs
