// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/retry.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace apikeyd {

namespace {

constexpr std::chrono::milliseconds longest_retry_after = std::chrono::hours{1};

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};

// Takes a date apart from the front; after the first thing that doesn't fit, everything fails.
class DateReader {
  public:
    explicit DateReader(std::string_view text)
        : rest_(text) {}

    void literal(std::string_view expected) {
        ok_ = ok_ && rest_.starts_with(expected);
        if (ok_) {
            rest_.remove_prefix(expected.size());
        }
    }

    // Exactly `width` digits; the first may be a space where `padded` (asctime's day).
    int number(std::size_t width, bool padded = false) {
        if (ok_ && padded && rest_.starts_with(' ')) {
            rest_.remove_prefix(1);
            --width;
        }
        int value = 0;
        for (std::size_t i = 0; i < width; ++i) {
            ok_ = ok_ && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
            if (!ok_) {
                return 0;
            }
            value = value * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return value;
    }

    // The index of the word at the front. Case counts (RFC 9110, 5.6.7).
    template <std::size_t N>
    unsigned word(const std::array<std::string_view, N>& words) {
        for (unsigned i = 0; ok_ && i < N; ++i) {
            if (rest_.starts_with(words[i])) {
                rest_.remove_prefix(words[i].size());
                return i;
            }
        }
        ok_ = false;
        return 0;
    }

    bool done() const noexcept { return ok_ && rest_.empty(); }

  private:
    std::string_view rest_;
    bool ok_ = true;
};

struct DateTime {
    int year = 0;
    unsigned month = 0; // from 0
    int day = 0, hour = 0, minute = 0, second = 0;
};

void read_clock(DateReader& reader, DateTime& date) {
    date.hour = reader.number(2);
    reader.literal(":");
    date.minute = reader.number(2);
    reader.literal(":");
    date.second = reader.number(2);
}

std::optional<WallTime> to_wall_time(const DateTime& date) {
    const std::chrono::year_month_day day{std::chrono::year{date.year}, std::chrono::month{date.month + 1},
                                          std::chrono::day{static_cast<unsigned>(date.day)}};
    if (!day.ok() || date.hour > 23 || date.minute > 59 || date.second > 60) { // 60: a leap second
        return std::nullopt;
    }
    return WallTime{std::chrono::sys_days{day}} + std::chrono::hours{date.hour} +
           std::chrono::minutes{date.minute} + std::chrono::seconds{date.second};
}

// Sun, 06 Nov 1994 08:49:37 GMT
std::optional<WallTime> parse_imf_fixdate(std::string_view text) {
    DateReader reader(text);
    DateTime date;
    reader.word(days);
    reader.literal(", ");
    date.day = reader.number(2);
    reader.literal(" ");
    date.month = reader.word(months);
    reader.literal(" ");
    date.year = reader.number(4);
    reader.literal(" ");
    read_clock(reader, date);
    reader.literal(" GMT");
    return reader.done() ? to_wall_time(date) : std::nullopt;
}

// Sunday, 06-Nov-94 08:49:37 GMT
std::optional<WallTime> parse_rfc850(std::string_view text, WallTime now) {
    DateReader reader(text);
    DateTime date;
    reader.word(long_days);
    reader.literal(", ");
    date.day = reader.number(2);
    reader.literal("-");
    date.month = reader.word(months);
    reader.literal("-");
    const int short_year = reader.number(2);
    reader.literal(" ");
    read_clock(reader, date);
    reader.literal(" GMT");
    if (!reader.done()) {
        return std::nullopt;
    }
    // What would be more than 50 years ahead is the last year with those digits (RFC 9110, 5.6.7).
    const int this_year =
        static_cast<int>(std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(now)}.year());
    date.year = this_year - this_year % 100 + short_year;
    if (date.year > this_year + 50) {
        date.year -= 100;
    } else if (date.year <= this_year - 50) {
        date.year += 100;
    }
    return to_wall_time(date);
}

// Sun Nov  6 08:49:37 1994
std::optional<WallTime> parse_asctime(std::string_view text) {
    DateReader reader(text);
    DateTime date;
    reader.word(days);
    reader.literal(" ");
    date.month = reader.word(months);
    reader.literal(" ");
    date.day = reader.number(2, true);
    reader.literal(" ");
    read_clock(reader, date);
    reader.literal(" ");
    date.year = reader.number(4);
    return reader.done() ? to_wall_time(date) : std::nullopt;
}

std::optional<WallTime> parse_http_date(std::string_view text, WallTime now) {
    for (const auto& time : {parse_imf_fixdate(text), parse_rfc850(text, now), parse_asctime(text)}) {
        if (time) {
            return time;
        }
    }
    return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

} // namespace

std::chrono::milliseconds retry_delay(unsigned attempt, const RetryPolicy& policy,
                                      const RandomSource& random) {
    const auto cap = static_cast<std::uint64_t>(std::max<std::int64_t>(policy.cap.count(), 0));
    auto bound = std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(policy.base.count(), 0)), cap);
    for (unsigned i = 1; i < attempt && bound != 0 && bound < cap; ++i) {
        bound = bound > cap / 2 ? cap : bound * 2;
    }
    const std::uint64_t least = bound / 10;
    // The remainder favours small values by less than one in 2^40 for any bound in use.
    return std::chrono::milliseconds{static_cast<std::int64_t>(least + random() % (bound - least + 1))};
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, WallTime now) {
    text = trimmed(text);
    if (text.empty()) {
        return std::nullopt;
    }
    if (text.find_first_not_of("0123456789") == std::string_view::npos) {
        std::int64_t seconds = 0;
        if (std::from_chars(text.data(), text.data() + text.size(), seconds).ec != std::errc()) {
            return std::nullopt;
        }
        return seconds >= 3600 ? longest_retry_after : std::chrono::milliseconds{seconds * 1000};
    }
    const auto time = parse_http_date(text, now);
    if (!time) {
        return std::nullopt;
    }
    return std::clamp(*time - now, std::chrono::milliseconds{0}, longest_retry_after);
}

} // namespace apikeyd
