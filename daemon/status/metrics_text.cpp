// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/metrics_text.hpp"

#include "generated/version.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <initializer_list>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace apikeyd {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Exact, unlike a number that went through a double.
template <typename Duration>
std::string seconds(Duration duration) {
    const auto count = std::chrono::duration_cast<microseconds>(duration).count();
    std::string text = fmt::format("{}.{:06}", count / 1'000'000, count % 1'000'000);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') {
        text.pop_back();
    }
    return text;
}

std::string timestamp(const std::optional<WallTime>& time) {
    return time ? seconds(time->time_since_epoch()) : "0";
}

std::string escaped(std::string_view label_value) {
    std::string text;
    for (const char c : label_value) {
        text += c == '\\' ? "\\\\" : c == '"' ? "\\\"" : c == '\n' ? "\\n" : std::string(1, c);
    }
    return text;
}

// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
class Exposition {
  public:
    void family(std::string_view name, std::string_view type, std::string_view help) {
        text_ += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
    }
    void sample(std::string_view name, const std::string& value) {
        text_ += fmt::format("{} {}\n", name, value);
    }
    void sample(std::string_view name, std::string_view label, std::string_view label_value,
                const std::string& value) {
        text_ += fmt::format("{}{{{}=\"{}\"}} {}\n", name, label, escaped(label_value), value);
    }
    void single(std::string_view name, std::string_view type, std::string_view help,
                const std::string& value) {
        family(name, type, help);
        sample(name, value);
    }
    template <std::size_t size>
    void histogram(const std::string& name, std::string_view help, const Histogram<size>& histogram) {
        family(name, "histogram", help);
        std::uint64_t count = 0;
        for (std::size_t i = 0; i < size; ++i) {
            count += histogram.counts[i];
            sample(name + "_bucket", "le", seconds(histogram.bounds[i]), std::to_string(count));
        }
        count += histogram.counts[size];
        sample(name + "_bucket", "le", "+Inf", std::to_string(count));
        sample(name + "_sum", seconds(histogram.sum));
        sample(name + "_count", std::to_string(count));
    }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

std::string yes_or_no(bool value) {
    return value ? "1" : "0";
}

std::string code_label(int code) {
    switch (code) {
    case Counters::no_answer:
        return "no_answer";
    case Counters::not_sent:
        return "not_sent";
    case Counters::other:
        return "other";
    default:
        return std::to_string(code);
    }
}

void write_file(Exposition& out, const StatusSnapshot& snapshot) {
    out.single("apikeyd_desired_last_load_successful", "gauge",
               "Whether the desired file could be used when it was read last.",
               yes_or_no(snapshot.last_load_good));
    out.single("apikeyd_desired_last_load_success_timestamp_seconds", "gauge",
               "When a desired file that can be used was read last; 0: not yet.",
               timestamp(snapshot.last_good_load));
    out.single("apikeyd_next_transition_timestamp_seconds", "gauge",
               "When the desired file itself changes a key next (enabled_from, enabled_until); 0: never.",
               timestamp(snapshot.next_transition));
}

void write_inputs(Exposition& out, const StatusSnapshot& snapshot) {
    out.single("apikeyd_settings_refused", "gauge",
               "Whether the settings, as they are now, can't be used; those from before are in force.",
               yes_or_no(snapshot.settings_refused));
    out.single("apikeyd_token_refused", "gauge",
               "Whether the token file, as it is now, can't be used; the token from before is in use.",
               yes_or_no(snapshot.token_refused));
}

void write_keys(Exposition& out, const StatusSnapshot& snapshot, WallTime now) {
    constexpr std::array<std::pair<KeyState, std::string_view>, key_states> states{
        {{KeyState::in_sync, "in_sync"},
         {KeyState::drifted, "drifted"},
         {KeyState::in_doubt, "in_doubt"},
         {KeyState::rejected, "rejected"},
         {KeyState::held, "held"}}};
    out.family("apikeyd_keys", "gauge",
               "Managed keys by how they stand; each stands in one way. drifted: differs from the last "
               "answer, or was "
               "never answered.");
    for (const auto& [state, name] : states) {
        out.sample("apikeyd_keys", "state", name, std::to_string(snapshot.keys[state]));
    }
    out.single("apikeyd_held_disables", "gauge", "Disables that wait for approval.",
               std::to_string(snapshot.held_disables));
    out.single("apikeyd_suspended", "gauge", "Whether an operator has suspended sending.",
               yes_or_no(snapshot.suspension.has_value()));
    out.single("apikeyd_api_denied", "gauge", "Whether the API denies access with the token.",
               yes_or_no(!snapshot.denial.empty()));
    out.single("apikeyd_api_unavailable", "gauge",
               "Whether the API has failed so often in a row that one request at a time is tried.",
               yes_or_no(snapshot.api_unavailable));
    out.single("apikeyd_state_unavailable", "gauge", "Whether the state file can't be read or written.",
               yes_or_no(!snapshot.state_trouble.empty()));
    out.single(
        "apikeyd_last_converged_timestamp_seconds", "gauge",
        "When every key was last as the file wants it, as far as the answers tell; now, as long as that "
        "is so; 0: never.",
        timestamp(snapshot.converged ? now : snapshot.last_converged));
}

void write_work(Exposition& out, const Counters& counters) {
    constexpr std::array results{Result::converged, Result::held, Result::incomplete, Result::superseded,
                                 Result::interrupted};
    static_assert(results.size() == result_count);
    out.family("apikeyd_reconcile_total", "counter", "Reconciliations that have ended, by how.");
    for (const Result result : results) {
        out.sample("apikeyd_reconcile_total", "result", to_string(result),
                   std::to_string(counters.reconciliations[static_cast<std::size_t>(result)]));
    }
    out.histogram("apikeyd_reconcile_duration_seconds",
                  "How long reconciliations took, from the plan to their end.", counters.reconcile_duration);
    out.family(
        "apikeyd_api_requests_total", "counter",
        "Requests to the API by HTTP status; no_answer: none came, not_sent: there was no connection.");
    for (const auto& [code, count] : counters.requests) {
        out.sample("apikeyd_api_requests_total", "code", code_label(code), std::to_string(count));
    }
    out.histogram("apikeyd_api_request_duration_seconds",
                  "How long requests to the API took, those without an answer included.",
                  counters.request_duration);
    out.single("apikeyd_api_retries_total", "counter",
               "Of the requests, those that repeat one which brought no verdict.",
               std::to_string(counters.retries));
    out.single("apikeyd_secret_changed_total", "counter",
               "Keys that were answered with another secret than before.",
               std::to_string(counters.secrets_changed));
}

void write_process(Exposition& out, const StatusSnapshot& snapshot, const ProcessUsage& usage) {
    out.single("process_start_time_seconds", "gauge", "When the process began.",
               timestamp(snapshot.process_started));
    out.single("process_resident_memory_bytes", "gauge", "Memory that the process holds.",
               std::to_string(usage.resident_bytes));
    out.single("process_cpu_seconds_total", "counter", "Processor time that the process has used.",
               seconds(usage.cpu));
}

} // namespace

ProcessUsage process_usage() {
    ProcessUsage usage;
    std::uint64_t size = 0, resident = 0; // in pages: proc(5)
    if (std::ifstream("/proc/self/statm") >> size >> resident) {
        usage.resident_bytes = resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    }
    struct rusage used {};
    if (getrusage(RUSAGE_SELF, &used) == 0) {
        for (const timeval& time : {used.ru_utime, used.ru_stime}) {
            usage.cpu += std::chrono::seconds(time.tv_sec) + microseconds(time.tv_usec);
        }
    }
    return usage;
}

std::string render_metrics(const StatusSnapshot& snapshot, const ProcessUsage& usage, WallTime now) {
    Exposition out;
    out.family("apikeyd_build_info", "gauge", "The program's version; always 1.");
    out.sample("apikeyd_build_info", "version", version, "1");
    write_file(out, snapshot);
    write_inputs(out, snapshot);
    write_keys(out, snapshot, now);
    write_work(out, snapshot.counters);
    write_process(out, snapshot, usage);
    return out.take();
}

} // namespace apikeyd
