// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Poco/JSON/Object.h>

#include <functional>
#include <string>
#include <string_view>

namespace apikeyd {

// The object as indented text, with an array as its last member, each element of which is an object on a line
// of its own. `next` yields them one after the other, and at the end a null pointer: a tree of all of them
// would be many times as large as the text. Ends with a newline.
std::string json_with_rows(const Poco::JSON::Object& object, std::string_view name,
                           const std::function<Poco::JSON::Object::Ptr()>& next);

} // namespace apikeyd
