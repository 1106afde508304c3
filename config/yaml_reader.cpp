// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_reader.hpp"

#include "config/yaml_syntax.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <optional>
#include <streambuf>
#include <string>
#include <vector>

namespace apikeyd {

namespace {

// Lets an istream read text that lies elsewhere, without a copy.
class ViewBuffer : public std::streambuf {
  public:
    explicit ViewBuffer(std::string_view text) {
        char* begin = const_cast<char*>(text.data()); // never written to: there is no put area
        setg(begin, begin, begin + text.size());
    }
};

// Thrown through the parser to stop it where going on makes no sense.
struct Stop {};

// Turns yaml-cpp's events into the handler's, less what we refuse.
class Bridge : public YAML::EventHandler {
  public:
    Bridge(DiagnosticSink& sink, YamlHandler& handler)
        : sink_(sink)
        , handler_(handler)
        , text_(sink.text()) {}

    // Where the last event stood.
    std::size_t last_offset() const noexcept { return last_.offset; }

    // The opening quote of the last single value, if the end of the text cut it off: yaml-cpp may take that
    // for a complete one.
    std::optional<std::size_t> cut_off_quote() const noexcept {
        const bool quoted =
            last_scalar_ < text_.size() && (text_[last_scalar_] == '"' || text_[last_scalar_] == '\'');
        return quoted && !end_of_quoted(text_, last_scalar_) ? std::optional(last_scalar_) : std::nullopt;
    }

    void OnDocumentStart(const YAML::Mark& mark) override {
        const YamlMark at = place(mark);
        if (++documents_ == 1) {
            return;
        }
        sink_.reveal_at(at.offset);
        if (text_.substr(at.offset).starts_with("---")) {
            sink_.error(at.offset, "a second document begins here",
                        "a file holds one document; remove the '---'");
        } else {
            sink_.error(at.offset, "this belongs to nothing above it",
                        "check the indentation; a file holds one document");
        }
        throw Stop{};
    }

    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        if (passing_over()) {
            return;
        }
        value({{}, YamlStyle::null, place_of_null(mark)});
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        if (passing_over()) {
            return;
        }
        const YamlMark at = place(mark);
        const SyntaxExplanation alias = explain_syntax_error(YAML::ErrorMsg::UNKNOWN_ANCHOR);
        sink_.error(at.offset, std::string(alias.message), std::string(alias.hint));
        refuse(at);
    }

    void OnAnchor(const YAML::Mark& mark, const std::string& /*name*/) override {
        if (depth_passed_ == 0 && !pass_next_) {
            sink_.error(place(mark).offset, "anchors are not allowed",
                        "remove it; quote a text that begins with '&'");
        }
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  const std::string& text) override {
        const YamlMark at = place(mark);
        last_scalar_ = at.offset;
        if (passing_over()) {
            return;
        }
        if (refuse_tag(tag, at, at.offset < text_.size() && text_[at.offset] == '!')) {
            refuse(at);
            return;
        }
        const YamlStyle style = tag == "!" ? YamlStyle::quoted : YamlStyle::plain;
        value({text, style, at});
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                         YAML::EmitterStyle::value /*style*/) override {
        begin(mark, tag, false);
    }
    void OnSequenceEnd() override { end(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                    YAML::EmitterStyle::value /*style*/) override {
        begin(mark, tag, true);
    }
    void OnMapEnd() override { end(); }

  private:
    struct Frame {
        bool map = false;
        bool expects_name = false;
    };

    YamlMark place(const YAML::Mark& mark) {
        last_.offset = std::min(static_cast<std::uint32_t>(std::max(mark.pos, 0)),
                                static_cast<std::uint32_t>(text_.size()));
        last_.line = static_cast<std::uint32_t>(std::max(mark.line, 0)) + 1;
        last_.indent = static_cast<std::uint32_t>(std::max(mark.column, 0));
        return last_;
    }

    // For a value left out, yaml-cpp names the place of what comes next. On another line than its field that
    // would mislead.
    YamlMark place_of_null(const YAML::Mark& mark) {
        const YamlMark at = place(mark);
        if (frames_.empty()) {
            return at;
        }
        if (frames_.back().map) {
            return !frames_.back().expects_name && at.line != name_.line ? name_ : at;
        }
        return dash_before(at);
    }

    // The '-' of an empty item, if nothing but blanks stands between it and the place.
    YamlMark dash_before(YamlMark at) const noexcept {
        const std::size_t offset = text_.substr(0, at.offset).find_last_not_of(" \t\r\n");
        if (offset == std::string_view::npos || text_[offset] != '-') {
            return at;
        }
        const std::string_view between = text_.substr(offset, at.offset - offset);
        const auto lines = static_cast<std::uint32_t>(std::ranges::count(between, '\n'));
        return lines == 0 ? at : YamlMark{static_cast<std::uint32_t>(offset), at.line - lines, 0};
    }

    bool expects_name() const noexcept {
        return !frames_.empty() && frames_.back().map && frames_.back().expects_name;
    }

    // True for a single value that is to be passed over.
    bool passing_over() noexcept {
        if (depth_passed_ != 0) {
            return true;
        }
        if (pass_next_) {
            pass_next_ = false;
            value_done();
            return true;
        }
        return false;
    }

    // The value of the field is complete: a name comes next.
    void value_done() noexcept {
        if (!frames_.empty() && frames_.back().map) {
            frames_.back().expects_name = true;
        }
    }

    void name_done(bool wanted) noexcept {
        frames_.back().expects_name = false;
        pass_next_ = !wanted;
    }

    void value(const YamlScalar& scalar) {
        sink_.reveal_at(scalar.mark.offset);
        if (expects_name()) {
            name(scalar);
        } else {
            handler_.on_scalar(scalar);
            value_done();
        }
    }

    void name(const YamlScalar& scalar) {
        name_ = scalar.mark;
        if (scalar.style == YamlStyle::null) {
            sink_.error(scalar.mark.offset, "a field without a name", "write 'field: value'");
            name_done(false);
        } else if (scalar.text == "<<" && scalar.style == YamlStyle::plain) {
            sink_.error(scalar.mark.offset, "merge keys ('<<') are not allowed", "write the fields out");
            name_done(false);
        } else {
            name_done(handler_.on_field(scalar));
        }
    }

    void refuse(const YamlMark& at) {
        if (expects_name()) {
            name_done(false);
        } else {
            handler_.on_refused(at);
            value_done();
        }
    }

    // yaml-cpp gives "?" to what has no tag and "!" to what is quoted, but also where a lone '!' was written.
    bool refuse_tag(const std::string& tag, const YamlMark& at, bool lone) {
        const bool written = lone || (tag != "?" && tag != "!");
        if (written) {
            sink_.error(at.offset, "tags are not allowed", "remove it; quote a text that begins with '!'");
        }
        return written;
    }

    void begin(const YAML::Mark& mark, const std::string& tag, bool map) {
        const YamlMark at = place(mark);
        if (depth_passed_ != 0 || pass_next_) {
            ++depth_passed_;
            pass_next_ = false;
            return;
        }
        sink_.reveal_at(at.offset);
        refuse_tag(tag, at, tag == "!");
        if (expects_name()) {
            sink_.error(at.offset, "the name of a field must be a single word", "write 'field: value'");
            ++depth_passed_;
            return;
        }
        if (map ? handler_.on_map(at) : handler_.on_list(at)) {
            frames_.push_back({map, map});
        } else {
            ++depth_passed_;
        }
    }

    void end() {
        if (depth_passed_ == 0) {
            frames_.pop_back();
            handler_.on_end();
            value_done();
        } else if (--depth_passed_ == 0) {
            if (expects_name()) {
                name_done(false); // a mapping or list stood where a name should
            } else {
                value_done();
            }
        }
    }

    DiagnosticSink& sink_;
    YamlHandler& handler_;
    std::string_view text_;
    std::vector<Frame> frames_; // those entered; the handler's format bounds them, yaml-cpp at the latest
    std::size_t depth_passed_ = 0;
    bool pass_next_ = false;
    std::size_t documents_ = 0;
    YamlMark last_;
    std::size_t last_scalar_ = std::string_view::npos;
    YamlMark name_;
};

void report_open_quote(std::size_t offset, DiagnosticSink& sink) {
    const SyntaxExplanation explanation = explain_syntax_error(YAML::ErrorMsg::EOF_IN_SCALAR);
    sink.error(offset, std::string(explanation.message), std::string(explanation.hint));
}

// After an error of syntax nothing more can be known.
void report_syntax_error(const YAML::Exception& error, const Bridge& bridge, DiagnosticSink& sink) {
    // The end of the text is where a missing quote was missed, not where it is missing.
    std::optional<std::size_t> quote = bridge.cut_off_quote();
    if (!quote && error.msg == YAML::ErrorMsg::EOF_IN_SCALAR) {
        quote = find_unterminated_quote(sink.text(), bridge.last_offset());
    }
    if (quote) {
        report_open_quote(*quote, sink);
        return;
    }
    const SyntaxExplanation explanation = explain_syntax_error(error.msg);
    sink.error(static_cast<std::size_t>(std::max(error.mark.pos, 0)), std::string(explanation.message),
               std::string(explanation.hint));
}

} // namespace

bool read_yaml(DiagnosticSink& sink, YamlHandler& handler) {
    const std::string_view text = sink.text();
    if (const auto directive = find_directive(text)) {
        sink.error(*directive, "directives (lines that begin with '%') are not allowed", "remove the line");
    }
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    Bridge bridge(sink, handler);
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(bridge)) {
        }
    } catch (const Stop&) {
        return true;
    } catch (const YAML::Exception& error) {
        report_syntax_error(error, bridge, sink);
        return false;
    }
    if (const auto quote = bridge.cut_off_quote()) {
        report_open_quote(*quote, sink);
        return false;
    }
    return true;
}

} // namespace apikeyd
