// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/context.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace apikeyd {

// What the help and the manual show of a use: the whole line to type, and in a few words what it does.
struct Example {
    std::string_view command;
    std::string_view what;
};

// One command: all that is to be said where a command is added. Help, manual, completion and parser are made
// from it.
struct CommandInfo {
    std::string_view name;
    std::string_view help;                        // one line of at most 64 characters, without a full stop
    std::string_view detail;                      // whole sentences, where one line isn't enough; or empty
    std::vector<OutputFormat> formats;            // of its reports, text first
    std::vector<OutputFormat> of_dry_run = {};    // of these, those that it has with --dry-run alone
    std::vector<std::string_view> settings;       // which it heeds: paths as "keys", or sections as "api"
    std::vector<Example> examples;                // one to three
    void (*add_options)(CLI::App&, CommandLine&); // its own options and arguments; nullptr: none
    int (*run)(const CommandLine&);               // see commands.hpp
};
std::span<const CommandInfo> command_table();

// The command with this name, or nullptr.
const CommandInfo* find_command(std::string_view name);

// Whether the command heeds the setting with this path.
bool heeds(const CommandInfo& command, std::string_view path);

// The word for a form of reports, and the form for a word.
std::string_view word_of(OutputFormat format);
std::optional<OutputFormat> format_of(std::string_view word);

// The words for the forms: "text|json"; without a command: for all that any command has.
std::string format_words(const CommandInfo* command);

// What parsing fills in.
struct ParsedLine {
    CommandLine line;
    std::optional<std::string> format;    // --format as it was given; see require_format()
    std::optional<std::string> instance;  // --instance, or its variable
    const CommandInfo* command = nullptr; // the one that was chosen
};

// The command line itself: every command and option with its help. Runs nothing; parsing fills `parsed`,
// which must outlive what is returned. Extras are allowed: require_usage() has better words for them.
std::unique_ptr<CLI::App> make_command_line(ParsedLine& parsed);

// A flag without a value, which is written as true, false, 1 or 0 where it has one.
void add_switch(CLI::App& app, const std::string& name, bool& target, const std::string& help);

// What is wrong with the text as the value of a switch; nothing: it is one.
std::optional<std::string> refuse_switch(const std::string& text);

// The arguments after the program's name, with the values put in that may be left out: `--refresh` alone
// means
// `--refresh=probe`, whatever word follows that isn't one of its own.
std::vector<std::string> spell_out(const std::vector<std::string>& arguments);

// The environment variable that says the same as the option; empty: there is none. The parser itself reads
// none of them: what is wrong in one has to name the variable.
std::string environment_of(const CLI::Option& option);

} // namespace apikeyd
