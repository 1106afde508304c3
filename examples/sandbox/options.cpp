// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace apikeyd::sandbox {

namespace {

constexpr int wrong_usage = 64; // EX_USAGE

std::string check_id(const std::string& text) {
    return KeyId::parse(text) ? "" : "'" + text + "' is no key id: 24 hex digits are";
}

// What becomes a header's value on the client's side must be possible there.
std::string check_token(const std::string& text) {
    const auto visible = [](char c) { return c > ' ' && c <= '~'; };
    return !text.empty() && std::all_of(text.begin(), text.end(), visible)
               ? ""
               : "a token consists of visible ASCII characters";
}

std::string check_base(const std::string& text) {
    if (text.empty()) {
        return "";
    }
    return text.front() == '/' && text.back() != '/' && text.find_first_of("?#% ") == std::string::npos &&
                   text.rfind("/sandbox", 0) != 0
               ? ""
               : "the base is a path like /rest/v1, not under /sandbox and without a '/' at its end";
}

void describe(CLI::App& app, Options& options, std::string& token_key, std::uint64_t& latency) {
    app.add_option("--port", options.port, "Port on 127.0.0.1; 0: any that is free")->capture_default_str();
    app.add_option("--port-file", options.port_file, "File to write the port to once it listens");
    auto* keys = app.add_option("--keys", options.keys_file, "Initial keys, a JSON list");
    app.add_option("--count", options.count, "That many initial keys, key-1 and so on")->excludes(keys);
    app.add_option("--token", options.token, "Bearer token that may call")
        ->check(check_token)
        ->capture_default_str();
    app.add_option("--token-key", token_key, "Id of the key whose secret the token is")->check(check_id);
    app.add_option("--secret-prefix", options.secret_prefix, "What every key's secret begins with")
        ->check(check_token)
        ->capture_default_str();
    app.add_option("--latency", latency, "Milliseconds that each request takes")
        ->check(CLI::Range(std::uint32_t{0}, max_latency_ms))
        ->capture_default_str();
    app.add_option("--faults", options.faults, "Fault schedule, or @FILE that holds one");
    auto* certificate = app.add_option("--tls-cert", options.tls_certificate, "Certificate chain, PEM");
    auto* key = app.add_option("--tls-key", options.tls_key, "Its private key, PEM");
    certificate->needs(key);
    key->needs(certificate);
    app.add_option("--journal", options.journal_file, "File to append a JSON line to for each request");
    app.add_option("--journal-keep", options.journal_keep, "Requests that /sandbox/journal remembers")
        ->capture_default_str();
    app.add_option("--threads", options.threads, "Connections served at once")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();
    app.add_flag("--quiet", options.quiet, "Print nothing but errors");
    app.add_option("--base", options.base, "Path that the API lives under")
        ->check(check_base)
        ->capture_default_str();
}

} // namespace

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad()) {
        throw std::system_error(errno, std::generic_category(), "can't read " + path);
    }
    return text;
}

std::variant<Options, Exit> parse_options(int argc, const char* const* argv) {
    CLI::App app("A stand-in for the vendor's API on this machine, for trying and testing apikeyd.",
                 "apikeyd-sandbox");
    Options options;
    std::string token_key;
    std::uint64_t latency = 0;
    describe(app, options, token_key, latency);
    try {
        app.parse(argc, argv);
        if (options.faults.starts_with('@')) {
            options.faults = read_file(options.faults.substr(1));
        }
    } catch (const CLI::CallForHelp&) {
        return Exit{0, app.help()};
    } catch (const CLI::ParseError& error) {
        return Exit{wrong_usage, error.what()};
    } catch (const std::system_error& error) {
        return Exit{wrong_usage, error.what()};
    }
    options.latency = std::chrono::milliseconds{latency};
    if (!token_key.empty()) {
        options.token_key = KeyId::parse(token_key);
    }
    return options;
}

} // namespace apikeyd::sandbox
