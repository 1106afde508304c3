// SPDX-License-Identifier: Apache-2.0
#include "config/diagnostic_sink.hpp"

#include "config/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace apikeyd {

namespace {

constexpr std::size_t excerpt_width = 100; // code points
constexpr std::string_view ellipsis = "…";

// The byte offset of the code point with this 0-based number, or the end.
std::size_t offset_of(std::string_view text, std::size_t number) {
    std::size_t offset = 0;
    for (; number != 0 && offset < text.size(); --number) {
        offset += decode_utf8(text, offset).size;
    }
    return offset;
}

// Puts the line into the diagnostic, or the part of it around the column if it is long.
void quote_line(Diagnostic& diagnostic, std::string_view line) {
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    const std::size_t before = diagnostic.column == 0 ? 0 : diagnostic.column - 1;
    const std::size_t skipped = before > excerpt_width * 3 / 4 ? before - excerpt_width / 2 : 0;
    line.remove_prefix(offset_of(line, skipped));
    const std::size_t end = offset_of(line, excerpt_width);
    diagnostic.excerpt = fmt::format("{}{}{}", skipped == 0 ? "" : ellipsis, line.substr(0, end),
                                     end < line.size() ? ellipsis : "");
    if (diagnostic.column != 0) {
        diagnostic.caret = static_cast<std::uint32_t>(before - skipped + (skipped == 0 ? 1 : 2));
    }
}

// Where the line with this 1-based number begins.
std::size_t line_begin(std::string_view text, std::uint32_t line) {
    std::size_t offset = 0;
    for (; line > 1 && offset < text.size(); --line) {
        const std::size_t end = text.find('\n', offset);
        offset = end == std::string_view::npos ? text.size() : end + 1;
    }
    return offset;
}

} // namespace

void DiagnosticSink::error(std::size_t offset, std::string message, std::string hint) {
    if (!silenced(offset)) {
        add(Severity::error, offset, std::move(message), std::move(hint));
    }
}

void DiagnosticSink::warning(std::size_t offset, std::string message, std::string hint) {
    add(Severity::warning, offset, std::move(message), std::move(hint));
}

void DiagnosticSink::error_at(std::uint32_t line, std::uint32_t column, std::string message,
                              std::string hint) {
    if (!text_.empty()) {
        const std::size_t begin = line_begin(text_, line);
        error(begin + offset_of(text_.substr(begin), column - 1), std::move(message), std::move(hint));
    } else if (admit(Severity::error)) {
        kept_.push_back(
            {{Severity::error, name_, line, column, std::move(message), std::move(hint), {}, 0}, {}, true});
    }
}

void DiagnosticSink::file_error(std::string message, std::string hint) {
    if (admit(Severity::error)) {
        kept_.push_back(
            {{Severity::error, name_, 0, 0, std::move(message), std::move(hint), {}, 0}, {}, false});
    }
}

void DiagnosticSink::conceal_from(std::size_t offset) {
    if (!concealing_from_) {
        concealing_from_ = offset;
    }
}

void DiagnosticSink::reveal_at(std::size_t offset) {
    if (!concealing_from_) {
        return;
    }
    // The blanks in front of what follows belong to it: its line shall not be hidden for their sake.
    while (offset > *concealing_from_ && (text_[offset - 1] == ' ' || text_[offset - 1] == '\n')) {
        --offset;
    }
    concealed_.push_back({*concealing_from_, offset});
    concealing_from_.reset();
}

void DiagnosticSink::silence_line_of(std::size_t offset) {
    if (silent_.empty() || offset >= silent_.back().end) {
        silent_.push_back(line_around(offset));
    }
}

bool DiagnosticSink::lacks_lines() const noexcept {
    return std::ranges::any_of(kept_, &Kept::unquoted);
}

void DiagnosticSink::quote_lines(std::string_view text) {
    text_ = text;
    for (Kept& kept : kept_) {
        if (std::exchange(kept.unquoted, false)) {
            kept.line = line_around(line_begin(text_, kept.diagnostic.line));
            quote_line(kept.diagnostic, text_.substr(kept.line.begin, kept.line.end - kept.line.begin));
        }
    }
    release();
}

std::vector<Diagnostic> DiagnosticSink::take() {
    if (concealing_from_) {
        concealed_.push_back({*concealing_from_, std::string_view::npos});
    }
    std::ranges::stable_sort(
        kept_, {}, [](const Kept& kept) { return std::tuple(kept.diagnostic.line, kept.diagnostic.column); });
    std::vector<Diagnostic> result;
    result.reserve(kept_.size() + 2);
    for (Kept& kept : kept_) {
        if (concealed(kept.line)) {
            kept.diagnostic.excerpt.clear();
            kept.diagnostic.caret = 0;
        }
        result.push_back(std::move(kept.diagnostic));
    }
    const auto mention_rest = [&](Severity severity, const Count& count, std::string_view noun) {
        if (const std::size_t rest = count.all - count.kept; rest != 0) {
            result.push_back({severity,
                              name_,
                              0,
                              0,
                              fmt::format("and {} more {}{} in this file", rest, noun, rest == 1 ? "" : "s"),
                              {},
                              {},
                              0});
        }
    };
    mention_rest(Severity::error, errors_, "error");
    mention_rest(Severity::warning, warnings_, "warning");
    kept_.clear();
    return result;
}

void DiagnosticSink::add(Severity severity, std::size_t offset, std::string&& message, std::string&& hint) {
    if (!admit(severity)) {
        return;
    }
    offset = std::min(offset, text_.size());
    Kept kept;
    kept.line = line_around(offset);
    Diagnostic& diagnostic = kept.diagnostic;
    diagnostic.severity = severity;
    diagnostic.file = name_;
    diagnostic.message = std::move(message);
    diagnostic.hint = std::move(hint);
    const std::string_view before = text_.substr(0, kept.line.begin);
    diagnostic.line = static_cast<std::uint32_t>(1 + std::ranges::count(before, '\n'));
    diagnostic.column = static_cast<std::uint32_t>(
        1 + count_code_points(text_.substr(kept.line.begin, offset - kept.line.begin)));
    quote_line(diagnostic, text_.substr(kept.line.begin, kept.line.end - kept.line.begin));
    kept_.push_back(std::move(kept));
}

bool DiagnosticSink::admit(Severity severity) {
    Count& count = severity == Severity::error ? errors_ : warnings_;
    ++count.all;
    if (count.kept == kept_of_each_severity) {
        return false;
    }
    ++count.kept;
    return true;
}

bool DiagnosticSink::silenced(std::size_t offset) const noexcept {
    const auto next = std::ranges::upper_bound(silent_, offset, {}, &Span::begin);
    return next != silent_.begin() && offset <= std::prev(next)->end;
}

bool DiagnosticSink::concealed(const Span& line) const noexcept {
    return all_concealed_ || std::ranges::any_of(concealed_, [&line](const Span& span) {
               return span.begin <= line.end && line.begin < span.end;
           });
}

DiagnosticSink::Span DiagnosticSink::line_around(std::size_t offset) const noexcept {
    const std::size_t before = offset == 0 ? std::string_view::npos : text_.rfind('\n', offset - 1);
    const std::size_t after = text_.find('\n', offset);
    return {before == std::string_view::npos ? 0 : before + 1,
            after == std::string_view::npos ? text_.size() : after};
}

} // namespace apikeyd
