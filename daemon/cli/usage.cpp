// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/usage.hpp"

#include "config/secret_words.hpp"
#include "config/suggest.hpp"
#include "config/utf8.hpp"
#include "daemon/cli/help.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

constexpr std::string_view more = "\nRun `apikeyd --help` for what there is.";

std::string shown(std::string_view text) {
    return visible_text(quote_unless_token(text));
}

std::string or_near(std::string_view word, const std::vector<std::string>& known) {
    const std::vector<std::string_view> candidates(known.begin(), known.end());
    const std::string_view near = nearest_word(word, candidates);
    return near.empty() ? "" : fmt::format("; did you mean {}?", near);
}

// "text|json" as "text, json".
std::string listed(std::string words) {
    for (std::size_t bar = words.find('|'); bar != std::string::npos; bar = words.find('|', bar)) {
        words.replace(bar, 1, ", ");
    }
    return words;
}

// The command that was given, or nullptr.
const CLI::App* chosen(const CLI::App& app) {
    const std::vector<CLI::App*> commands = app.get_subcommands();
    return commands.empty() ? nullptr : commands.front();
}

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(command->get_name());
    }
    return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) {
            if (!option->get_group().empty()) { // hidden
                names.push_back("--" + name);
            }
        }
    }
    return names;
}

std::string unknown_option(const CLI::App& app, const CLI::App* command, std::string_view word) {
    const std::string_view name = word.starts_with("--") ? word.substr(0, word.find('=')) : word.substr(0, 2);
    if (names_secret(name)) {
        return fmt::format("unknown option {}; a token is never an argument: name a file that holds it, with "
                           "--token-file",
                           shown(name));
    }
    std::vector<std::string> known = option_names(app);
    if (command != nullptr) {
        const std::vector<std::string> own = option_names(*command);
        known.insert(known.end(), own.begin(), own.end());
    }
    return fmt::format("unknown option {}{}", shown(name), or_near(name, known));
}

std::string unknown_word(const CLI::App& app, const CLI::App* command, const std::string& word) {
    if (command != nullptr) {
        return fmt::format("{} takes no argument {}", command->get_name(), shown(word));
    }
    const std::vector<std::string> names = command_names(app);
    const std::string near = or_near(word, names);
    return fmt::format("unknown command {}{}", shown(word),
                       near.empty() ? fmt::format("; the commands are {}", fmt::join(names, ", ")) : near);
}

// Throws where something was left over or no command was given.
void require_command(const CLI::App& app) {
    const CLI::App* command = chosen(app);
    const std::vector<std::string> left = app.remaining(true);
    if (!left.empty()) {
        const bool option = left.front().starts_with('-');
        throw CommandError(exit_usage, (option ? unknown_option(app, command, left.front())
                                               : unknown_word(app, command, left.front()))
                                           .append(more));
    }
    if (command == nullptr) {
        throw CommandError(exit_usage, fmt::format("no command given; the commands are {}{}",
                                                   fmt::join(command_names(app), ", "), more));
    }
}

// The first option, of the whole line or of the command, for which this holds; or nullptr.
const CLI::Option* first_option(const CLI::App& app, const std::function<bool(const CLI::Option&)>& holds) {
    for (const CLI::App* one : {chosen(app), &app}) {
        if (one != nullptr) {
            const std::vector<const CLI::Option*> options = one->get_options();
            const auto found =
                std::ranges::find_if(options, [&](const auto* option) { return holds(*option); });
            if (found != options.end()) {
                return *found;
            }
        }
    }
    return nullptr;
}

// What the parser stopped at, in our words: its own name neither place nor remedy.
std::string explain(const CLI::App& app, const CLI::ParseError& error, const std::string& last) {
    const auto* twice = first_option(app, [](const auto& option) {
        return option.get_multi_option_policy() == CLI::MultiOptionPolicy::Throw &&
               option.get_expected_max() > 0 &&
               option.count() > static_cast<std::size_t>(option.get_expected_max());
    });
    if (twice != nullptr) {
        return fmt::format("{}: given {} times; give it once", twice->get_name(), twice->count());
    }
    const std::string name = last.substr(0, last.find('='));
    const auto* open = first_option(app, [&](const auto& option) { return option.get_name() == name; });
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && open != nullptr) {
        return fmt::format("{}: the value is missing; write {}", name, written(*open));
    }
    const auto* required =
        first_option(app, [](const auto& option) { return option.get_required() && option.count() == 0; });
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && required != nullptr) {
        const std::string& command = chosen(app)->get_name();
        return fmt::format("{}: {} is missing; `apikeyd {} --help` says what it is", command,
                           written(*required), command);
    }
    return error.what(); // of a switch: by refuse_switch()
}

// "--" says that no option follows. The parser knows it before a command's first argument alone, so it gets
// the words without it; those that look like options come back.
std::vector<std::string> take_marked(std::vector<std::string>& arguments) {
    std::vector<std::string> dashed;
    const auto mark = std::ranges::find(arguments, "--");
    if (mark != arguments.end()) {
        const auto rest = std::stable_partition(mark, arguments.end(), [](const std::string& word) {
            return word == "-" || !word.starts_with('-');
        });
        dashed.assign(rest, arguments.end());
        arguments.erase(rest, arguments.end());
        dashed.erase(dashed.begin()); // the mark itself
    }
    return dashed;
}

void add_marked(const CLI::App& app, const std::vector<std::string>& words) {
    if (words.empty()) {
        return;
    }
    for (CLI::Option* option : app.get_subcommands().front()->get_options()) {
        if (option->get_positional() && option->get_expected_max() > 1) {
            for (const std::string& word : words) {
                option->add_result(word);
            }
            option->run_callback();
            return;
        }
    }
    throw CommandError(exit_usage, unknown_word(app, chosen(app), words.front()).append(more));
}

// A variable counts where its flag is missing. One that is empty counts as none.
void take_variables(CLI::App& app, const SettingSources& sources) {
    for (CLI::App* one : {&app, app.get_subcommands().front()}) {
        for (CLI::Option* option : one->get_options()) {
            const auto variable = sources.environment.find(environment_of(*option));
            if (variable == sources.environment.end() || variable->second.empty() || option->count() > 0 ||
                option->get_group() == settings_group || option->get_name() == "--format") {
                continue; // which load_settings() and choose_format() read
            }
            const bool is_switch = option->get_expected_max() == 0;
            if (const auto wrong = is_switch ? refuse_switch(variable->second) : std::nullopt) {
                throw CommandError(exit_usage, fmt::format("{}: {}", variable->first, *wrong));
            }
            option->add_result(variable->second);
            option->run_callback();
        }
    }
}

// The form of reports. The flag is an order: what the command hasn't is refused. The variable is a wish, and
// may stand there for other commands; only what no command has is refused.
OutputFormat choose_format(const ParsedLine& parsed) {
    const CommandInfo& command = *parsed.command;
    const bool dry = parsed.line.dry_run;
    const auto has = [&](OutputFormat format) {
        return std::ranges::count(command.formats, format) > 0 &&
               (dry || std::ranges::count(command.of_dry_run, format) == 0);
    };
    const auto& environment = parsed.line.sources.environment;
    const auto variable = environment.find("APIKEYD_FORMAT");
    const bool wished = !parsed.format && variable != environment.end() && !variable->second.empty();
    const std::string text = parsed.format ? *parsed.format : wished ? variable->second : "text";
    const auto format = format_of(text);
    if (format && has(*format)) {
        return *format;
    }
    if (format && wished) {
        return OutputFormat::text;
    }
    if (format && std::ranges::count(command.formats, *format) > 0) {
        throw CommandError(exit_usage, fmt::format("--format: {} is a form of {} --dry-run alone",
                                                   shown(text), command.name));
    }
    throw CommandError(exit_usage, fmt::format("{}: {} is no form of report of {}; there {} {}",
                                               wished ? "APIKEYD_FORMAT" : "--format", shown(text),
                                               command.name, command.formats.size() > 1 ? "are" : "is",
                                               listed(format_words(&command))));
}

// A part of paths: nothing that leads elsewhere.
void choose_instance(ParsedLine& parsed) {
    if (!parsed.instance) {
        return;
    }
    if (const auto wrong = refuse_instance(*parsed.instance)) {
        const auto& environment = parsed.line.sources.environment;
        const auto variable = environment.find("APIKEYD_INSTANCE");
        const bool by_variable = variable != environment.end() && variable->second == *parsed.instance;
        throw CommandError(exit_usage, fmt::format("{}: {}", by_variable ? "APIKEYD_INSTANCE" : "--instance",
                                                   visible_text(*wrong)));
    }
    use_instance(parsed.line.sources, *parsed.instance);
}

} // namespace

void parse_usage(CLI::App& app, ParsedLine& parsed, const std::vector<std::string>& given) {
    std::vector<std::string> arguments = spell_out(given);
    const std::vector<std::string> marked = take_marked(arguments);
    const std::string last = arguments.empty() ? "" : arguments.back();
    try {
        std::ranges::reverse(arguments); // as the parser wants them
        app.parse(std::move(arguments));
    } catch (const CLI::Success&) {
        throw;
    } catch (const CLI::ParseError& error) {
        if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
            require_command(app); // what it was taken for may be what is missing
        }
        throw CommandError(exit_usage, explain(app, error, last));
    }
    require_command(app);
    add_marked(app, marked);
    take_variables(app, parsed.line.sources);
    choose_instance(parsed);
    parsed.line.format = choose_format(parsed);
}

} // namespace apikeyd
