// SPDX-License-Identifier: Apache-2.0
#include "config/text_check.hpp"

#include "config/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

constexpr std::string_view save_as_utf8 = "save the file as UTF-8";

// Bytes that are fine wherever they stand.
constexpr std::array<bool, 256> harmless = [] {
    std::array<bool, 256> table{};
    for (std::size_t byte = 0x20; byte < 0x7F; ++byte) {
        table[byte] = true;
    }
    table['\t'] = true;
    table['\n'] = true;
    return table;
}();

// What the text is if it isn't UTF-8 at all, told by its first bytes (https://www.rfc-editor.org/rfc/rfc3629
// section 6, and the table of YAML 1.2 section 5.2).
std::string_view foreign_encoding(std::string_view text) {
    using namespace std::string_view_literals;
    if (text.starts_with("\xFF\xFE\0\0"sv) || text.starts_with("\0\0\xFE\xFF"sv)) {
        return "UTF-32";
    }
    const bool no_mark = text.size() >= 2 && (text[0] == '\0') != (text[1] == '\0');
    if (text.starts_with("\xFF\xFE"sv) || text.starts_with("\xFE\xFF"sv) || no_mark) {
        return "UTF-16";
    }
    return {};
}

bool refuse_unreadable(DiagnosticSink& sink) {
    if (const std::string_view encoding = foreign_encoding(sink.text()); !encoding.empty()) {
        sink.file_error(fmt::format("the file is {}, not UTF-8", encoding), std::string(save_as_utf8));
        return true;
    }
    if (const std::size_t offset = sink.text().find('\0'); offset != std::string_view::npos) {
        sink.error(offset, "a NUL byte: this is no text file", "write it again as plain UTF-8 text");
        return true;
    }
    return false;
}

class Checker {
  public:
    explicit Checker(DiagnosticSink& sink)
        : sink_(sink)
        , text_(sink.text()) {}

    TextCheck run() {
        for (std::size_t offset = 0; offset < text_.size() && result_.readable;) {
            if (harmless[static_cast<std::uint8_t>(text_[offset])]) {
                ++offset;
            } else {
                offset += look_closer(offset);
            }
        }
        for (const std::size_t offset : found_) {
            sink_.silence_line_of(offset);
        }
        return std::move(result_);
    }

  private:
    // Returns how many bytes have been dealt with.
    std::size_t look_closer(std::size_t offset) {
        const CodePoint point = decode_utf8(text_, offset);
        if (point.value == '\r' && point.valid) {
            if (offset + 1 < text_.size() && text_[offset + 1] == '\n') {
                return 2;
            }
            sink_.error(offset, "a carriage return without a line feed", "end lines with LF or CR LF");
            result_.readable = false; // which lines there are is anyone's guess now
        } else if (!point.valid) {
            report(offset, 1,
                   fmt::format("byte 0x{:02X} is not valid UTF-8", static_cast<std::uint32_t>(point.value)),
                   std::string(save_as_utf8));
        } else if (is_control(point.value)) {
            report(offset, point.size,
                   fmt::format("control character U+{:04X}", static_cast<std::uint32_t>(point.value)),
                   "remove it");
        }
        return point.size;
    }

    void report(std::size_t offset, std::size_t size, std::string message, std::string hint) {
        found_.push_back(offset);
        sink_.error(offset, std::move(message), std::move(hint));
        if (!result_.mended) {
            result_.mended = std::string(text_);
        }
        std::fill_n(result_.mended->begin() + static_cast<std::ptrdiff_t>(offset), size, '_');
    }

    DiagnosticSink& sink_;
    std::string_view text_;
    TextCheck result_;
    std::vector<std::size_t> found_;
};

} // namespace

TextCheck check_text(DiagnosticSink& sink) {
    if (refuse_unreadable(sink)) {
        return {false, std::nullopt};
    }
    return Checker(sink).run();
}

std::string_view without_bom(std::string_view text) noexcept {
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    return text;
}

} // namespace apikeyd
