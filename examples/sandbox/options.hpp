// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/key.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace apikeyd::sandbox {

constexpr std::uint32_t max_latency_ms = 3'600'000;

struct Options {
    std::uint16_t port = 0; // 0: any that is free
    std::string port_file;  // empty: none
    std::string keys_file;  // empty: the three keys of the quickstart, or `count`
    std::optional<std::uint64_t> count;
    std::string token = "sandbox-token";
    std::optional<KeyId> token_key;
    std::string secret_prefix = "sandbox-secret-";
    std::chrono::milliseconds latency{0};
    std::string faults;          // in the grammar of FaultSchedule
    std::string tls_certificate; // PEM; empty, with the key: plain HTTP
    std::string tls_key;
    std::string journal_file; // empty: none
    std::size_t journal_keep = 100'000;
    int threads = 64;
    bool quiet = false;
    std::string base = "/rest/v1";
};

// Nothing to run: the text is for the user, and the code is the program's.
struct Exit {
    int code = 0; // 0: help; 64: wrong usage
    std::string text;
};

std::variant<Options, Exit> parse_options(int argc, const char* const* argv);

// Throws std::system_error.
std::string read_file(const std::string& path);

} // namespace apikeyd::sandbox
