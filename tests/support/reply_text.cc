// Replies in a short readable form, for expectations of tests.
#include "support/reply_text.h"

#include "base/numbers.h"

#include <fmt/format.h>

#include <cstddef>

namespace duplex::tests {

namespace {

// Reads RESP from the front of `rest_` and appends its text.
class ReplyPrinter {
 public:
  explicit ReplyPrinter(std::string_view bytes) : rest_(bytes) {}

  std::string print() {
    while (!rest_.empty() && !broken_) {
      if (!text_.empty()) text_ += ' ';
      element();
    }
    return text_;
  }

 private:
  void garbage() {
    broken_ = true;
    text_ += "<garbage " + bytes_text(rest_) + ">";
  }

  // A line without its type and end; nothing if there is none.
  std::string_view line() {
    const std::size_t end = rest_.find("\r\n");
    if (end == std::string_view::npos) {
      garbage();
      return {};
    }
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 2);
    return text;
  }

  void element() {
    const char type = rest_[0];
    const std::string_view whole = rest_;
    const std::string_view text = line();
    if (broken_) return;
    switch (type) {
      case '+':
      case '-':
      case ':':
      case ',':
      case '#':
      case '(':
        text_ += type;
        text_ += text;
        return;
      case '_':
        text_ += "nil";
        return;
      case '$':
      case '=':
        return bulk(type, text);
      case '*':
        return text == "-1" ? void(text_ += "nil*") : elements("[", text, 1);
      case '~':
        return elements("~[", text, 1);
      case '>':
        return elements(">[", text, 1);
      case '%':
        return elements("{", text, 2);
      default:
        rest_ = whole;
        return garbage();
    }
  }

  void bulk(char type, std::string_view size_text) {
    if (size_text == "-1") {
      text_ += "nil";
      return;
    }
    const auto size = base::parse_int64(size_text);
    if (!size || *size < 0 || rest_.size() < static_cast<std::size_t>(*size) + 2) return garbage();
    std::string_view bytes = rest_.substr(0, static_cast<std::size_t>(*size));
    rest_.remove_prefix(bytes.size());
    if (!rest_.starts_with("\r\n")) return garbage();
    rest_.remove_prefix(2);
    if (type == '=') {
      text_ += '=';
      text_ += bytes.substr(0, 4);
      bytes.remove_prefix(4);
    }
    text_ += bytes_text(bytes);
  }

  void elements(std::string_view open, std::string_view count_text, int per_entry) {
    const auto count = base::parse_int64(count_text);
    if (!count || *count < 0) return garbage();
    text_ += open;
    for (std::int64_t i = 0; i < *count && !broken_; ++i) {
      if (i != 0) text_ += ' ';
      for (int part = 0; part < per_entry && !broken_; ++part) {
        if (part != 0) text_ += "=>";
        if (rest_.empty()) return garbage();
        element();
      }
    }
    if (!broken_) text_ += open == "{" ? '}' : ']';
  }

  std::string_view rest_;
  std::string text_;
  bool broken_ = false;
};

}  // namespace

std::string reply_text(std::string_view bytes) {
  return ReplyPrinter(bytes).print();
}

std::string bytes_text(std::string_view bytes) {
  std::string text = "\"";
  for (const char c : bytes) {
    if (c == '"' || c == '\\') text += '\\';
    if (c >= ' ' && c < 0x7f)
      text += c;
    else
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return text + '"';
}

}  // namespace duplex::tests
