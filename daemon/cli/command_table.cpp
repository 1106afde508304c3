// SPDX-License-Identifier: Apache-2.0
//
// The commands. To add one: its function to commands.hpp, what its options say to CommandLine, and a row
// here.
#include "daemon/cli/command_line.hpp"
#include "daemon/cli/commands.hpp"

#include <CLI/CLI.hpp>

namespace apikeyd {

namespace {

void add_output(CLI::App& command, CommandLine& line) {
    command.add_option("--output", line.output, "Put the report into this file, whole or not at all")
        ->type_name("FILE");
}

void add_run_options(CLI::App& command, CommandLine& line) {
    add_switch(command, "--dry-run", line.dry_run, "Report at each change, send nothing; SIGTERM: exit 0");
    add_output(command, line);
}

void add_apply_options(CLI::App& command, CommandLine& line) {
    add_switch(command, "--dry-run", line.dry_run, "Report only, and send nothing (exit 2: differences)");
    command.add_option("--approve", line.digest, "Let this plan disable as many keys as it wants")
        ->type_name("DIGEST");
    add_output(command, line);
}

void add_approve_options(CLI::App& command, CommandLine& line) {
    command
        .add_option("DIGEST", line.digest, "What `status`, `drift` or the log names (8 digits are enough)")
        ->required();
}

void add_validate_options(CLI::App& command, CommandLine& line) {
    command.add_option("PATH", line.paths,
                       "Files or folders, - for standard input (default: what --keys names)");
}

void add_schema_options(CLI::App& command, CommandLine& line) {
    add_switch(command, "--settings", line.of_settings, "Of the settings file instead");
}

// All as texts: the commands have better words for what is wrong with one.
void add_key(CLI::App& command, CommandLine& line) {
    command.add_option("--key", line.key, "Only this key")->type_name("ID");
}

void add_status_options(CLI::App& command, CommandLine& line) {
    add_key(command, line);
    command.add_option("--only", line.only, "Only these keys; several: a,b")
        ->delimiter(',')
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->type_name("in-doubt|rejected|held");
}

void add_history_options(CLI::App& command, CommandLine& line) {
    add_key(command, line);
    command.add_option("--since", line.since, "Only what came later: a date, or as in 7d for how long ago")
        ->type_name("TIME");
    command.add_option("--limit", line.limit, "Only the newest so many (default 50)")->type_name("N");
    add_switch(command, "--verify", line.verify,
               "Check that no row was changed or taken out (exit 1: one was)");
}

void add_suspend_options(CLI::App& command, CommandLine& line) {
    command.add_option("--for", line.duration, "How long; then it ends by itself")
        ->type_name("DURATION")
        ->required();
    command.add_option("--reason", line.reason, "Why, for everybody who wonders")->type_name("TEXT");
}

void add_import_options(CLI::App& command, CommandLine& line) {
    command.add_option("ID", line.ids, "Ids of keys; -: from standard input, one a line");
    command.add_option("--ids", line.ids_file, "A file of ids, one a line (-: standard input)")
        ->type_name("FILE");
    command.add_option("--merge", line.merge, "Add to this desired file what it hasn't, and print that")
        ->type_name("FILE");
    add_output(command, line);
}

} // namespace

std::span<const CommandInfo> command_table() {
    using enum OutputFormat;
    static const std::vector<CommandInfo> table = {
        {
            .name = "run",
            .help = "Watch the desired file and converge, for ever",
            .detail = "",
            .formats = {text, json, markdown, html},
            .of_dry_run = {markdown, html},
            .settings = {"api", "keys", "state", "reconcile", "guard", "history", "status", "log"},
            .examples = {{"apikeyd run --keys keys.yaml", "follow this file"},
                         {"apikeyd run --dry-run", "report, and send nothing"}},
            .add_options = &add_run_options,
            .run = &run_command,
        },
        {
            .name = "apply",
            .help = "Reconcile once, then exit",
            .detail = "",
            .formats = {text, json, markdown, html},
            .of_dry_run = {markdown, html},
            .settings = {"api", "keys", "state", "reconcile.refresh", "reconcile.removed_keys", "guard",
                         "history", "log"},
            .examples = {{"apikeyd apply", "send what differs"},
                         {"apikeyd apply --dry-run", "report it, and send nothing"},
                         {"apikeyd apply --approve 3f9c1a20", "disable what that plan says"}},
            .add_options = &add_apply_options,
            .run = &apply_command,
        },
        {
            .name = "approve",
            .help = "Let a held plan go, that plan and no other",
            .detail = "The daemon takes it from here: at once where it runs, else when it starts.",
            .formats = {text, json},
            .settings = {"state"},
            .examples = {{"apikeyd approve 3f9c1a20", "the digest is what drift and status name"}},
            .add_options = &add_approve_options,
            .run = &approve_command,
        },
        {
            .name = "drift",
            .help = "Report what differs; sends nothing but, with --refresh, looks",
            .detail = "The exit code is 2 where there are differences.",
            .formats = {text, json, markdown, html},
            .settings = {"keys", "state", "reconcile.refresh", "reconcile.removed_keys", "guard"},
            .examples = {{"apikeyd drift --keys keys.yaml", "against the last answers"},
                         {"apikeyd drift --format json", "for programs"},
                         {"apikeyd drift --format html --output drift.html", "for a browser"}},
            .add_options = &add_output,
            .run = &drift_command,
        },
        {
            .name = "validate",
            .help = "Check desired files and, with --config, the settings",
            .detail = "Needs no token, no state and no network.",
            .formats = {text, json, github, sarif},
            .settings = {"keys"},
            .examples = {{"apikeyd validate keys.yaml", "one file"},
                         {"apikeyd validate teams/", "all of a folder, as one"},
                         {"apikeyd validate --config apikeyd.yaml", "the settings, and what they name"}},
            .add_options = &add_validate_options,
            .run = &validate_command,
        },
        {
            .name = "status",
            .help = "What the state file says of each key",
            .detail = "",
            .formats = {text, json},
            .settings = {"state", "keys"},
            .examples = {{"apikeyd status", "every key, and how the last reconciliation went"},
                         {"apikeyd status --only in-doubt,rejected", "what needs a look"},
                         {"apikeyd status --format json", "for programs"}},
            .add_options = &add_status_options,
            .run = &status_command,
        },
        {
            .name = "history",
            .help = "The audit trail: who changed which key, when and why",
            .detail = "",
            .formats = {text, json},
            .settings = {"state"},
            .examples = {{"apikeyd history --since 7d", "of the last week"},
                         {"apikeyd history --key 5e5677d71bdc2ae76344968c", "of one key"},
                         {"apikeyd history --verify", "is all of it still there?"}},
            .add_options = &add_history_options,
            .run = &history_command,
        },
        {
            .name = "suspend",
            .help = "Send nothing for a while; plan and report all the same",
            .detail = "What is under way is answered and recorded. Ends by itself, or with `apikeyd resume`.",
            .formats = {text, json},
            .settings = {"state"},
            .examples = {{"apikeyd suspend --for 2h --reason 'the vendor is at it'", "for two hours"}},
            .add_options = &add_suspend_options,
            .run = &suspend_command,
        },
        {
            .name = "resume",
            .help = "Send again, before the time of a suspension is over",
            .detail = "",
            .formats = {text, json},
            .settings = {"state"},
            .examples = {{"apikeyd resume", "what differs is sent at once"}},
            .add_options = nullptr,
            .run = &resume_command,
        },
        {
            .name = "import",
            .help = "Look at keys, and print a desired file for them",
            .detail = "Each key is looked at with a PUT of its id alone, which changes nothing.",
            .formats = {text},
            .settings = {"api"},
            .examples = {{"apikeyd import 5e5677d71bdc2ae76344968c", "one key"},
                         {"apikeyd import --ids ids.txt > keys.yaml", "a list of them"},
                         {"apikeyd import --merge keys.yaml - < ids.txt", "what the file hasn't yet"}},
            .add_options = &add_import_options,
            .run = &import_command,
        },
        {
            .name = "schema",
            .help = "Print the JSON Schema of the desired file",
            .detail = "",
            .formats = {text},
            .settings = {},
            .examples = {{"apikeyd schema > keys.schema.json", "for an editor"},
                         {"apikeyd schema --settings", "that of the settings file"}},
            .add_options = &add_schema_options,
            .run = &schema_command,
        },
    };
    return table;
}

} // namespace apikeyd
