// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace apikeyd {

// One visitor for std::visit made of several functions.
template <typename... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

} // namespace apikeyd
