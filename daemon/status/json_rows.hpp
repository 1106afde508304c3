// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Poco/JSON/Object.h>

#include <functional>
#include <string>
#include <string_view>

namespace apikeyd {

enum class JsonLayout {
    indented,
    one_line, // for documents one after the other, each on a line of its own
};

// The object as text, with an array as its last member; where it is indented, each element of that, which is
// an object, has a line of its own. `next` yields them one after the other, and at the end a null pointer: a
// tree of all of them would be many times as large as the text. Ends with a newline.
std::string json_with_rows(const Poco::JSON::Object& object, std::string_view name,
                           const std::function<Poco::JSON::Object::Ptr()>& next,
                           JsonLayout layout = JsonLayout::indented);

} // namespace apikeyd
