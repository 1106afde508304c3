// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/step_time.hpp"

#include "config/desired_loader.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;

TEST_CASE("step time: small files ask for none, large ones in proportion and with a bound") {
    CHECK(time_to_load(0) == 0ms);
    CHECK(time_to_load(500'000) == 0ms);
    CHECK(time_to_load(1'000'000) > 0ms);
    CHECK(time_to_load(40'000'000) > time_to_load(20'000'000));
    CHECK(time_to_load(max_desired_file_size) > 2min);
    CHECK(time_to_load(max_desired_file_size) < 10min);
    CHECK(time_to_open(0) >= 10s);
    CHECK(time_to_open(3'000'000'000) < 15min);
}

TEST_CASE("step time: of a folder, its desired files count") {
    const TempFolder folder;
    write_file(folder / "a.yaml", std::string(100, 'x'));
    write_file(folder / "b.yml", std::string(50, 'x'));
    write_file(folder / "notes", std::string(1000, 'x'));
    CHECK(size_of_desired(folder / "a.yaml") == 100);
    CHECK(size_of_desired(folder.path()) == 150);
    CHECK(size_of_desired(folder / "none") == 0);
    CHECK(size_of_state(folder / "notes") == 1000);
    CHECK(size_of_state(folder / "none") == 0);
}
