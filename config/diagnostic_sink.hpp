// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/diagnostic.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace apikeyd {

// Gathers what is wrong with one file. Places are byte offsets into its text; lines, columns and excerpts are
// worked out only for what is kept. All are counted, but only so many are kept: a file of the wrong kind may
// have millions. Not thread-safe.
class DiagnosticSink {
  public:
    static constexpr std::size_t kept_of_each_severity = 100;

    // `text` is borrowed until release().
    DiagnosticSink(std::string name, std::string_view text)
        : name_(std::move(name))
        , text_(text) {}

    void error(std::size_t offset, std::string message, std::string hint = {});
    void warning(std::size_t offset, std::string message, std::string hint = {});

    // About a place known by line and column (both 1-based); after release() without an excerpt.
    void error_at(std::uint32_t line, std::uint32_t column, std::string message, std::string hint = {});

    // About the file as a whole.
    void file_error(std::string message, std::string hint = {});

    // What stands from here to the next reveal_at() may be a secret: no excerpt shows a line of it.
    void conceal_from(std::size_t offset);
    // Ends that, at the start of what follows. Without conceal_from() before it: nothing.
    void reveal_at(std::size_t offset);
    // No excerpt at all from this file.
    void conceal_everything() noexcept { all_concealed_ = true; }

    // Further errors on this line follow from what has been reported; they are left out.
    // To be called with rising offsets.
    void silence_line_of(std::size_t offset);

    bool failed() const noexcept { return errors_.all != 0; }
    std::size_t error_count() const noexcept { return errors_.all; }
    const std::string& name() const noexcept { return name_; }
    std::string_view text() const noexcept { return text_; }

    // Another text of the same length and lines in place of the first.
    void lend(std::string_view text) noexcept { text_ = text; }

    // Ends the loan of the text.
    void release() noexcept { text_ = {}; }

    // Whether something was reported after release(), about a line that could not be quoted.
    bool lacks_lines() const noexcept;

    // Quotes those lines from the text that was released, at hand again.
    void quote_lines(std::string_view text);

    // All that were kept, by place, with a line for each severity on how many were left out. Once.
    std::vector<Diagnostic> take();

  private:
    struct Span { // of bytes
        std::size_t begin = 0;
        std::size_t end = 0;
    };
    struct Kept {
        Diagnostic diagnostic;
        Span line;
        bool unquoted = false; // for want of the text
    };
    struct Count {
        std::size_t all = 0;
        std::size_t kept = 0;
    };

    void add(Severity severity, std::size_t offset, std::string&& message, std::string&& hint);
    bool admit(Severity severity);
    bool silenced(std::size_t offset) const noexcept;
    bool concealed(const Span& line) const noexcept;
    Span line_around(std::size_t offset) const noexcept;

    std::string name_;
    std::string_view text_;
    std::vector<Kept> kept_;
    std::vector<Span> concealed_;
    std::vector<Span> silent_; // rising
    std::optional<std::size_t> concealing_from_;
    Count errors_;
    Count warnings_;
    bool all_concealed_ = false;
};

} // namespace apikeyd
