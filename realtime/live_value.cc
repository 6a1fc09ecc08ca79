// Values as JSON.
#include "realtime/live_value.h"

#include "base/base64.h"
#include "base/utf8.h"
#include "realtime/json_text.h"

#include <algorithm>
#include <array>

namespace duplex::realtime {

namespace {

using resp::ReplyValue;

// Text as people write it: other control characters than these are not in it.
bool is_text(std::string_view bytes) {
  const bool has_controls = std::any_of(bytes.begin(), bytes.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
  });
  return !has_controls && base::is_utf8(bytes);
}

bool is_all_text(const ReplyValue& value) {
  return is_text(value.text) &&
         std::all_of(value.elements.begin(), value.elements.end(), is_all_text);
}

class Writer {
 public:
  Writer(std::string& out, bool in_base64) : out_(out), in_base64_(in_base64) {}

  void write(const ReplyValue& value) {
    switch (value.type) {
      case ReplyValue::Type::null:
        out_ += "null";
        return;
      case ReplyValue::Type::integer:
        out_ += std::to_string(value.integer);
        return;
      case ReplyValue::Type::number:
        return write_number(value.text);
      case ReplyValue::Type::map:
        return write_object(value);
      case ReplyValue::Type::array:
      case ReplyValue::Type::set:
        return write_array(value);
      default:
        return write_string(value.text);
    }
  }

 private:
  void write_string(std::string_view bytes) {
    append_json_string(out_, in_base64_ ? base::base64(bytes) : std::string(bytes));
  }
  // JSON has no infinities.
  void write_number(std::string_view text) {
    if (text.find_first_of("in") != std::string_view::npos)
      append_json_string(out_, text);
    else
      out_ += text;
  }
  void write_object(const ReplyValue& value) {
    out_ += '{';
    for (std::size_t i = 0; i < value.elements.size(); i += 2) {
      if (i != 0) out_ += ',';
      write_string(value.elements[i].text);
      out_ += ':';
      write(value.elements[i + 1]);
    }
    out_ += '}';
  }
  void write_array(const ReplyValue& value) {
    out_ += '[';
    for (std::size_t i = 0; i < value.elements.size(); ++i) {
      if (i != 0) out_ += ',';
      write(value.elements[i]);
    }
    out_ += ']';
  }

  std::string& out_;
  const bool in_base64_;
};

}  // namespace

std::string live_value_json(std::string_view type, const ReplyValue& value) {
  const bool in_base64 = !is_all_text(value);
  std::string json = R"("type":)";
  append_json_string(json, type);
  if (in_base64) json += R"(,"encoding":"base64")";
  json += R"(,"value":)";
  Writer(json, in_base64).write(value);
  return json;
}

std::expected<LiveValue, std::string> read_live_value(CommandRunner& commands,
                                                      RunAs as,
                                                      std::string_view key) {
  const std::array<std::string_view, 2> words = {"RT.KEY", key};
  const Ran ran = commands.run(words, as);
  std::string_view bytes = ran.reply;
  const auto reply = resp::read_reply(bytes);
  if (!reply || reply->type != ReplyValue::Type::map)
    return std::unexpected(reply ? reply->text : std::string("ERR no reply"));
  return LiveValue{.json = live_value_json(reply->find("type")->text, *reply->find("value")),
                   .version = static_cast<std::uint64_t>(reply->find("version")->integer)};
}

}  // namespace duplex::realtime
