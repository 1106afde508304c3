// SPDX-License-Identifier: Apache-2.0
#include "docs/generate/model.hpp"

#include "daemon/cli/help.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

namespace apikeyd::docs {

namespace {

// "text|json" are words to choose from, "SHARE|COUNT" stand for others.
std::vector<std::string> words_of(const CLI::Option& option, const std::string& placeholder) {
    if (option.check_lname("api-url")) {
        return {"production", "staging"}; // of the URLs, the two with a name
    }
    if (option.check_lname("format")) {
        return CLI::detail::split(format_words(nullptr), '|');
    }
    const bool literal = placeholder.find('|') != std::string::npos &&
                         std::ranges::none_of(placeholder, [](char c) { return c >= 'A' && c <= 'Z'; });
    return literal ? CLI::detail::split(placeholder, '|') : std::vector<std::string>{};
}

OptionDoc describe(const CLI::Option& option) {
    OptionDoc doc;
    doc.argument = option.get_positional();
    for (const std::string& name : option.get_snames()) {
        doc.names.push_back("-" + name);
    }
    for (const std::string& name : option.get_lnames()) {
        doc.names.push_back("--" + name);
    }
    if (doc.argument) {
        doc.names = {written(option)};
    }
    if (option.get_expected_max() > 0) {
        doc.value = option.get_expected_min() == 0 && !doc.argument ? Value::optional : Value::required;
        doc.placeholder = doc.argument ? option.get_name(true) : option.get_type_name();
    }
    doc.help = capitalized(option.get_description());
    doc.environment = environment_of(option);
    doc.files = doc.placeholder == "FILE" || doc.placeholder == "PATH";
    doc.words = words_of(option, doc.placeholder);
    return doc;
}

std::vector<OptionDoc> describe_all(const CLI::App& app, const std::string& group) {
    std::vector<OptionDoc> docs;
    for (const CLI::Option* option : app.get_options()) {
        if (offered(*option) && option->get_group() == group) {
            docs.push_back(describe(*option));
        }
    }
    return docs;
}

bool is_format(const OptionDoc& option) {
    return option.names.back() == "--format";
}

OptionDoc format_of(const Model& model, const CommandInfo& command) {
    OptionDoc doc = *std::ranges::find_if(model.common, is_format);
    doc.placeholder = format_words(&command);
    doc.words = CLI::detail::split(doc.placeholder, '|');
    return doc;
}

} // namespace

Model walk() {
    ParsedLine parsed;
    const std::shared_ptr<const CLI::App> app = make_command_line(parsed);
    Model model;
    model.common = describe_all(*app, common_group);
    for (const CLI::Option* option : {app->get_help_ptr(), app->get_help_all_ptr(), app->get_version_ptr()}) {
        model.common.push_back(describe(*option));
    }
    for (const SettingInfo& setting : setting_table()) {
        const CLI::Option* option = app->get_option(std::string(setting.flag));
        if (offered(*option)) {
            model.settings.push_back(describe(*option));
            model.settings.back().setting = setting.path;
        }
    }
    for (const CommandInfo& info : command_table()) {
        const CLI::App* command = app->get_subcommand(std::string(info.name));
        model.commands.push_back(
            {&info, synopsis(*command), describe_all(*command, own_group), format_of(model, info)});
    }
    return model;
}

std::vector<OptionDoc> common_of(const Model& model, const CommandDoc& command) {
    std::vector<OptionDoc> common = model.common;
    std::ranges::replace_if(common, is_format, command.format);
    return common;
}

std::vector<OptionDoc> heeded(const Model& model, const CommandDoc& command) {
    std::vector<OptionDoc> settings;
    std::ranges::copy_if(model.settings, std::back_inserter(settings),
                         [&](const OptionDoc& option) { return heeds(*command.info, option.setting); });
    return settings;
}

} // namespace apikeyd::docs
