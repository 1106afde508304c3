// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/progress.hpp"

#include "daemon/cli/text_columns.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace std::chrono_literals;

namespace {

constexpr MonoTime start{1000s};

Progress some(std::uint64_t done, std::uint64_t total) {
    Progress progress;
    progress.done = done;
    progress.total = total;
    return progress;
}

} // namespace

TEST_CASE("progress: the rate is that of the last seconds, so a pause shows and is forgotten") {
    ProgressMeter meter;
    CHECK_FALSE(meter.rate());
    meter.sample(0, start);
    CHECK_FALSE(meter.rate());
    meter.sample(200, start + 1s);
    CHECK(meter.rate() == Approx(200));
    for (int second = 2; second <= 11; ++second) { // nothing goes on
        meter.sample(200, start + std::chrono::seconds(second));
    }
    CHECK_FALSE(meter.rate());
    for (int second = 12; second <= 30; ++second) {
        meter.sample(200 + 50 * static_cast<std::uint64_t>(second - 11),
                     start + std::chrono::seconds(second));
    }
    CHECK(meter.rate() == Approx(50));
}

TEST_CASE("progress: what begins anew, after the looks, has no rate yet") {
    ProgressMeter meter;
    meter.sample(0, start);
    meter.sample(900, start + 1s);
    meter.sample(10, start + 2s);
    CHECK_FALSE(meter.rate());
    meter.sample(20, start + 3s);
    CHECK(meter.rate() == Approx(10));
}

TEST_CASE("progress: a bar with rate and time left") {
    CHECK(progress_bar(some(1200, 5000), 300.0, start, 80) ==
          "done 1200/5000 [=======>                      ], 24 %, 300/s, 13 s left");
    CHECK(progress_bar(some(0, 5000), {}, start, 60) == "done 0/5000 [>                             ], 0 %");
    CHECK(progress_bar(some(5000, 5000), 300.0, start, 62) ==
          "done 5000/5000 [==============================], 100 %, 300/s");
}

TEST_CASE("progress: why it waits comes before how it goes") {
    Progress progress = some(1200, 5000);
    progress.paused_until = start + 11500ms;
    progress.retrying = 3;
    progress.rejected = 2;
    progress.failed = 1;
    progress.held = 40;
    CHECK(progress_bar(progress, 300.0, start, 120) ==
          "done 1200/5000 [====>              ], 24 %, 300/s, 3 to retry, 2 rejected, 1 failed, 40 "
          "held, paused by the API for 12 s");
    CHECK(progress_bar(progress, 300.0, start, 48) == "done 1200/5000, 24 %, paused by the API for 12 s");
    progress.paused_until.reset();
    progress.unavailable = true;
    CHECK_THAT(progress_bar(progress, 300.0, start, 80), Catch::Matchers::EndsWith("the API doesn't answer"));
    CHECK_THAT(progress_bar(progress, 300.0, start, 80), !Catch::Matchers::Contains("left"));
}

TEST_CASE("progress: the bar fits every width, down to none") {
    Progress progress = some(123456, 1000000);
    progress.retrying = 12;
    progress.held = 100;
    progress.paused_until = GENERATE(std::optional<MonoTime>(), std::optional(start + 2min));
    for (std::size_t width = 0; width <= 200; ++width) {
        const std::string bar = progress_bar(progress, 4.25, start, width);
        CAPTURE(width, bar);
        CHECK(columns(bar) <= width);
    }
    CHECK(progress_bar(progress, 4.25, start, 19) == "done 123456/1000000");
    CHECK(progress_bar(progress, 4.25, start, 18) == "123456/1000000");
    CHECK(progress_bar(some(12, 50), 4.25, start, 19) == "12/50, 24 %, 4.2/s");
}

TEST_CASE("progress: what waits for approval isn't waited for") {
    Progress progress = some(100, 200);
    progress.held = 100;
    CHECK_THAT(progress_bar(progress, 10.0, start, 80), !Catch::Matchers::Contains("left"));
    progress.held = 50;
    CHECK_THAT(progress_bar(progress, 10.0, start, 80), Catch::Matchers::Contains("5 s left"));
}

TEST_CASE("progress: a sentence for a pipe") {
    CHECK(progress_sentence(some(1200, 5000), 300.0, start) ==
          "done: 1200 of 5000 keys, 300/s, about 13 s left");
    Progress looks = some(2, 5000);
    looks.looking = true;
    CHECK(progress_sentence(looks, 0.5, start) == "looked at 2 of 5000 keys, 0.5/s, about 2 h left");
    looks.paused_until = start + 90s;
    CHECK(progress_sentence(looks, 0.5, start) ==
          "looked at 2 of 5000 keys, 0.5/s, paused by the API for 90 s");
    CHECK(progress_sentence(some(0, 7), {}, start) == "done: 0 of 7 keys");
}
