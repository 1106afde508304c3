// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/help.hpp"
#include "docs/generate/writers.hpp"
#include "generated/version.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

namespace apikeyd::docs {

namespace {

using Notes = std::map<std::string, std::string, std::less<>>;

// As plain text, but what stands in backticks is bold.
std::string prose(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '`') {
            result += '*';
        } else {
            result += c == '\\' || c == '*' || c == '_' ? std::string{'\\', c} : std::string{c};
        }
    }
    return result;
}

std::string bold(std::string_view text) {
    return "*" + prose(text) + "*";
}

std::string underlined(std::string_view text) {
    return "_" + prose(text) + "_";
}

// "*-h*, *--help*", "*--refresh*[=_never|probe_]"
std::string term(const OptionDoc& option) {
    if (option.argument) {
        return underlined(option.names.front());
    }
    std::vector<std::string> names;
    for (const std::string& name : option.names) {
        names.push_back(bold(name));
    }
    const std::string value = option.value == Value::none       ? ""
                              : option.value == Value::optional ? "[=" + underlined(option.placeholder) + "]"
                                                                : " " + underlined(option.placeholder);
    return fmt::format("{}{}", fmt::join(names, ", "), value);
}

std::string entry(const OptionDoc& option) {
    const std::string variable =
        option.environment.empty() ? "" : fmt::format(" (_{}_)", prose(option.environment));
    return fmt::format("{}\n\t{}.{}\n\n", term(option), prose(option.help), variable);
}

std::string entries(const std::vector<OptionDoc>& options) {
    std::string text;
    for (const OptionDoc& option : options) {
        text += entry(option);
    }
    return text;
}

// The forms of the command's reports, where there is a choice.
std::string forms_of(const CommandDoc& command) {
    if (command.info->formats.size() < 2) {
        return "";
    }
    std::vector<std::string> dry;
    for (const OutputFormat format : command.info->of_dry_run) {
        dry.push_back(underlined(word_of(format)));
    }
    return fmt::format("{}\n\tThe form of the report{}.\n\n", term(command.format),
                       dry.empty() ? "" : fmt::format(" ({}: with *--dry-run*)", fmt::join(dry, ", ")));
}

// Lines of a manual page in the making.
class Page {
  public:
    Page(const Model& model, Notes notes)
        : model_(model)
        , notes_(std::move(notes)) {}

    std::string part(const std::string& mark) {
        const std::map<std::string, std::function<std::string()>> parts = {
            {"COMMANDS", [this] { return commands(); }},
            {"EXAMPLES", [this] { return examples(); }},
            {"OPTIONS", [this] { return entries(model_.common); }},
            {"SETTING_OPTIONS", [this] { return entries(model_.settings); }},
            {"ENVIRONMENT", [this] { return environment(); }},
            {"SETTINGS", [this] { return settings(); }},
        };
        const auto found = parts.find(mark);
        if (found == parts.end()) {
            throw std::runtime_error(fmt::format("@{}@ is no mark", mark));
        }
        return found->second();
    }

    // Every note must be about something that there is, offered or not.
    void require_used() const {
        for (const auto& [name, text] : notes_) {
            if (find_command(name) == nullptr && !is_setting(name)) {
                throw std::runtime_error(
                    fmt::format("a note on '{}', which is neither a command nor a setting", name));
            }
        }
    }

  private:
    static bool is_setting(std::string_view path) {
        const auto table = setting_table();
        return std::ranges::find(table, path, &SettingInfo::path) != table.end();
    }

    std::string note(std::string_view name) const {
        const auto found = notes_.find(name);
        return found == notes_.end() ? "" : found->second + "\n";
    }

    std::string commands() const {
        std::string text;
        for (const CommandDoc& command : model_.commands) {
            text += fmt::format("## apikeyd {}\n\n{}.", prose(command.synopsis), prose(command.info->help));
            text +=
                command.info->detail.empty() ? "\n\n" : fmt::format(" {}\n\n", prose(command.info->detail));
            text += note(command.info->name) + entries(command.options) + forms_of(command);
            std::vector<std::string> flags;
            for (const OptionDoc& setting : heeded(model_, command)) {
                flags.push_back(bold(setting.names.front()));
            }
            text += flags.empty() ? "" : fmt::format("Settings: {}.\n\n", fmt::join(flags, ", "));
        }
        return text;
    }

    std::string examples() const {
        std::string text;
        for (const CommandDoc& command : model_.commands) {
            for (const Example& example : command.info->examples) {
                text += fmt::format("{}\n\t{}{}\n\n", bold(example.command),
                                    prose(capitalized(std::string(example.what))),
                                    example.what.ends_with('?') ? "" : ".");
            }
        }
        return text;
    }

    std::string environment() const {
        std::vector<const std::vector<OptionDoc>*> groups = {&model_.common};
        for (const CommandDoc& command : model_.commands) {
            groups.push_back(&command.options);
        }
        groups.push_back(&model_.settings);
        std::string text;
        std::set<std::string> seen;
        for (const auto* options : groups) {
            for (const OptionDoc& option : *options) {
                if (!option.environment.empty() && seen.insert(option.environment).second) {
                    text += fmt::format("{}{} ({})", text.empty() ? "" : "++\n", bold(option.environment),
                                        bold(option.names.back()));
                }
            }
        }
        return text + "\n\n";
    }

    std::string settings() const {
        std::string text;
        std::string_view last = "-";
        for (const OptionDoc& setting : model_.settings) {
            const std::string_view path = setting.setting;
            const std::size_t dot = path.find('.');
            const std::string_view section = dot == path.npos ? "" : path.substr(0, dot);
            if (section != last) {
                text +=
                    section.empty() ? "## At the top\n\n" : fmt::format("## In the section {}\n\n", section);
                last = section;
            }
            const std::string value = default_of(path);
            text += fmt::format("*{}*: {}\n\t{}.{}\n\n", prose(path.substr(dot == path.npos ? 0 : dot + 1)),
                                underlined(setting.placeholder), prose(setting.help),
                                value.empty() ? "" : fmt::format(" Default: {}.", underlined(value)));
            text += note(path);
            text += fmt::format("\tFlag {}, variable {}.\n\n", bold(setting.names.front()),
                                bold(setting.environment));
        }
        return text;
    }

    const Model& model_;
    Notes notes_;
};

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
    return text;
}

// The mark that a line consists of, or nothing.
std::string mark_in(std::string_view line) {
    return line.size() > 2 && line.front() == '@' && line.back() == '@'
               ? std::string(line.substr(1, line.size() - 2))
               : "";
}

// Takes the notes out of the text.
Notes take_notes(std::string& text) {
    constexpr std::string_view prefix = "NOTE ";
    Notes notes;
    std::istringstream in(text);
    std::string left;
    std::string name;
    for (std::string line; std::getline(in, line);) {
        const std::string mark = mark_in(line);
        if (mark.starts_with(prefix)) {
            name = mark.substr(prefix.size());
        } else if (mark == "END") {
            name.clear();
        } else {
            (name.empty() ? left : notes[name]) += line + "\n";
        }
    }
    if (!name.empty()) {
        throw std::runtime_error(fmt::format("the note on {} has no @END@", name));
    }
    text = left;
    return notes;
}

} // namespace

std::string manual_page(const Model& model, std::string_view source) {
    std::string text = replaced(std::string(source), "@VERSION@", version);
    Page page(model, take_notes(text));
    page.require_used();
    std::istringstream in(text);
    std::string result;
    for (std::string line; std::getline(in, line);) {
        const std::string mark = mark_in(line);
        result += mark.empty() ? line + "\n" : page.part(mark);
    }
    return result;
}

} // namespace apikeyd::docs
