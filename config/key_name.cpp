// SPDX-License-Identifier: Apache-2.0
#include "config/key_name.hpp"

#include "config/utf8.hpp"

namespace apikeyd {

NameCheck check_key_name(std::string_view name) noexcept {
    NameCheck result;
    for (std::size_t offset = 0; offset < name.size() && !result.forbidden;) {
        if (name[offset] >= ' ' && name[offset] <= '~') { // nearly all there is, in nearly all names
            ++offset;
            continue;
        }
        const CodePoint point = decode_utf8(name, offset);
        if (!point.valid || is_control(point.value) || is_line_separator(point.value)) {
            result.forbidden = point.value;
        } else if (is_deceptive(point.value) && !result.deceptive) {
            result.deceptive = point.value;
        }
        offset += point.size;
    }
    return result;
}

} // namespace apikeyd
